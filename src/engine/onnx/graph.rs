//! A graph of ONNX operators (opset 17) while it is built.

use super::proto;

/// The version of ONNX's operators that the nodes are of.
pub const OPSET: i64 = 17;

/// A tensor of the graph, by its name.
#[derive(Debug, Clone)]
pub struct Value(String);

/// Nodes in the order in which they compute, and their constants.
#[derive(Default)]
pub struct GraphBuilder {
    graph: proto::GraphProto,
}

impl GraphBuilder {
    /// What the graph computes from; `None` stands for the number of pictures.
    pub fn input(&mut self, name: &str, shape: &[Option<usize>], about: &str) -> Value {
        self.graph.input.push(value_info(name, shape, about));
        Value(name.into())
    }

    /// Names a value that the graph answers with.
    pub fn output(&mut self, name: &str, value: &Value, shape: &[Option<usize>], about: &str) {
        self.push("Identity", &[value], name, &[]);
        self.graph.output.push(value_info(name, shape, about));
    }

    /// A constant.
    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Value {
        self.constant(name, shape, proto::TensorProto::FLOAT, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    /// A constant of whole numbers: places, or a shape.
    pub fn ints(&mut self, name: &str, shape: &[usize], values: &[i64]) -> Value {
        self.constant(name, shape, proto::TensorProto::INT64, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    pub fn scalar(&mut self, value: f32) -> Value {
        let name = format!("scalar_{}", self.graph.initializer.len());
        self.floats(&name, &[], &[value])
    }

    /// What an operator makes of its inputs.
    pub fn apply(&mut self, operator: &str, inputs: &[&Value]) -> Value {
        self.node(operator, inputs, &[])
    }

    /// Adds a node with attributes: a whole number, or a list of them.
    pub fn node(&mut self, operator: &str, inputs: &[&Value], attributes: &[(&str, Attribute)]) -> Value {
        let name = format!("{}_{}", operator.to_lowercase(), self.graph.node.len());
        self.push(operator, inputs, &name, attributes);
        Value(name)
    }

    /// 0 keeps a dimension as it is; -1 is what is left.
    pub fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let name = format!("shape_{}", self.graph.initializer.len());
        let shape = self.ints(&name, &[shape.len()], shape);
        self.apply("Reshape", &[x, &shape])
    }

    /// `ReduceMax`, `ReduceMin` or `ReduceMean` along an axis; `keep` leaves a dimension of 1.
    pub fn reduce(&mut self, operator: &str, x: &Value, axis: i64, keep: bool) -> Value {
        self.node(operator, &[x], &[("axes", Attribute::Ints(vec![axis])), ("keepdims", Attribute::Int(keep.into()))])
    }

    pub fn clip(&mut self, x: &Value, from: f32, to: f32) -> Value {
        let (from, to) = (self.scalar(from), self.scalar(to));
        self.apply("Clip", &[x, &from, &to])
    }

    /// As it stands in a file.
    pub fn finish(self, name: &str) -> proto::GraphProto {
        proto::GraphProto { name: name.into(), ..self.graph }
    }

    fn push(&mut self, operator: &str, inputs: &[&Value], output: &str, attributes: &[(&str, Attribute)]) {
        self.graph.node.push(proto::NodeProto {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![output.into()],
            name: output.into(),
            op_type: operator.into(),
            attribute: attributes.iter().map(|(name, value)| value.named(name)).collect(),
        });
    }

    fn constant(&mut self, name: &str, shape: &[usize], data_type: i32, bytes: Vec<u8>) -> Value {
        let dims = shape.iter().map(|&n| n as i64).collect();
        let (data_type, raw_data) = (Some(data_type), Some(bytes));
        self.graph.initializer.push(proto::TensorProto { dims, data_type, name: name.into(), raw_data });
        Value(name.into())
    }
}

/// What else an operator is told.
#[derive(Debug, Clone)]
pub enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
}

impl Attribute {
    fn named(&self, name: &str) -> proto::AttributeProto {
        let name = name.to_string();
        match self {
            Self::Int(i) => {
                proto::AttributeProto { name, i: Some(*i), kind: Some(proto::AttributeProto::INT), ..Default::default() }
            }
            Self::Ints(ints) => {
                proto::AttributeProto { name, ints: ints.clone(), kind: Some(proto::AttributeProto::INTS), ..Default::default() }
            }
        }
    }
}

fn value_info(name: &str, shape: &[Option<usize>], about: &str) -> proto::ValueInfoProto {
    let dimension = |n: &Option<usize>| match n {
        Some(n) => proto::DimensionProto { value: Some(*n as i64), name: None },
        None => proto::DimensionProto { value: None, name: Some("N".into()) },
    };
    let shape = Some(proto::TensorShapeProto { dim: shape.iter().map(dimension).collect() });
    let tensor = Some(proto::TensorTypeProto { elem_type: Some(proto::TensorProto::FLOAT), shape });
    proto::ValueInfoProto { name: name.into(), kind: Some(proto::TypeProto { tensor }), doc_string: about.into() }
}
