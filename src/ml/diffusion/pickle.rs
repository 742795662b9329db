//! Reads the tensors of a PyTorch checkpoint (`.pt`: a zip archive with a pickle and the raw numbers) without ever
//! executing the pickle: the opcodes build plain values, and a "call" is kept as the pair of name and arguments.
//!
//! Values live in one list and refer to each other by index, so neither deep nesting nor shared parts can blow up.
//!
//! Why not `candle_core::pickle`: a checkpoint comes from anywhere, and that reader (0.11) trusts it. Its values are nested
//! boxes, on which a deep pickle overflows the stack; a shared value is copied at each use, so that a small file can fill the
//! memory; a tensor with too few arguments is a panic; a tensor's memory is taken by the shape that the file claims before its
//! numbers are looked at. It reads protocol 2 alone, and gives tensors only: not the step that the trainer had come to.

use candle_core::{DType, Device, Tensor};
use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::Read,
    path::Path,
};

/// Why a PyTorch checkpoint cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PickleError {
    /// The file cannot be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The file is no zip archive.
    #[error("it is no PyTorch archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// An instruction that data does not need; it is never executed.
    #[error("its pickle has an instruction that no checkpoint needs (0x{0:02x})")]
    Opcode(u8),
    /// The pickle ends too early or contradicts itself.
    #[error("its pickle is damaged")]
    Damaged,
    /// The pickle is longer than that of any checkpoint, MB.
    #[error("its pickle is {0} MB long")]
    TooLong(u64),
    /// A tensor, by name, that is not stored row-major or lies outside its storage.
    #[error("tensor {0} is stored in a way that is not supported")]
    Layout(String),
    /// The tensor cannot be made.
    #[error("{0}")]
    Tensor(#[from] candle_core::Error),
}

type Result<T> = std::result::Result<T, PickleError>;

/// An index into [`Pickle::nodes`].
type NodeId = usize;

#[derive(Debug)]
enum PickleNode {
    Int(i64),
    Text(String),
    /// `module.name`, never looked up.
    Global(String),
    List(Vec<NodeId>),
    Dict(Vec<(NodeId, NodeId)>),
    /// What would be a call: callable and arguments.
    Call(NodeId, NodeId),
    /// Reference to a storage.
    Persistent(NodeId),
    /// None, a float, a mark: nothing that matters here.
    Other,
}

struct Pickle {
    nodes: Vec<PickleNode>,
}

/// Where a tensor's numbers lie.
struct Stored {
    dtype: DType,
    storage: String,
    offset: usize,
    shape: Vec<usize>,
    stride: Vec<usize>,
}

/// A `.pt` file with its values read; tensors are loaded on demand.
pub struct Archive {
    zip: zip::ZipArchive<File>,
    /// Folder inside the archive, with the final `/`.
    prefix: String,
    pickle: Pickle,
    root: NodeId,
}

/// The pickle of a checkpoint names its tensors; a real one is far below this.
const LONGEST: u64 = 64 << 20;

impl Archive {
    /// Opens the archive and reads its pickle, without any tensor.
    ///
    /// # Errors
    /// Where it is no archive of PyTorch 1.6 or later.
    pub fn open(path: &Path) -> Result<Self> {
        let mut zip = zip::ZipArchive::new(File::open(path)?)?;
        let is_pickle = |name: &str| name == "data.pkl" || name.ends_with("/data.pkl");
        let name = zip.file_names().flatten().find(|n| is_pickle(n)).ok_or(PickleError::Damaged)?.into_owned();
        let mut bytes = Vec::new();
        zip.by_name(&name)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST {
            return Err(PickleError::TooLong(LONGEST >> 20));
        }
        let (pickle, root) = Pickle::read(&bytes)?;
        Ok(Self { zip, prefix: name.trim_end_matches("data.pkl").to_string(), pickle, root })
    }

    /// The tensors of the dictionary under `keys` (nested) whose names are to be kept, on the CPU. `None` where there is no such
    /// dictionary.
    ///
    /// # Errors
    /// A tensor that is stored in another way than the reference trainer does it.
    pub fn tensors(&mut self, keys: &[&str], keep: impl Fn(&str) -> bool) -> Result<Option<BTreeMap<String, Tensor>>> {
        let Some(dict) = keys.iter().try_fold(self.root, |at, key| self.pickle.entry(at, key)) else { return Ok(None) };
        let PickleNode::Dict(entries) = &self.pickle.nodes[dict] else { return Ok(None) };
        let mut found = Vec::new();
        for &(key, value) in entries {
            if let (PickleNode::Text(name), Some(stored)) = (&self.pickle.nodes[key], self.pickle.tensor(value))
                && keep(name)
            {
                found.push((name.clone(), stored));
            }
        }
        found.into_iter().map(|(name, stored)| Ok((name.clone(), self.load(&name, &stored)?))).collect::<Result<_>>().map(Some)
    }

    /// The integer under `key`, as a count of steps.
    pub fn count(&self, key: &str) -> Option<usize> {
        match self.pickle.nodes[self.pickle.entry(self.root, key)?] {
            PickleNode::Int(n) => n.try_into().ok(),
            _ => None,
        }
    }

    fn load(&mut self, name: &str, stored: &Stored) -> Result<Tensor> {
        let unsupported = || PickleError::Layout(name.to_string());
        let count = stored.shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).ok_or_else(unsupported)?;
        // Row-major only (a stride beside a dimension of 1 means nothing): what the trainer writes.
        let mut expected = 1;
        for (&size, &stride) in stored.shape.iter().zip(&stored.stride).rev() {
            if size != 1 && stride != expected {
                return Err(unsupported());
            }
            expected *= size;
        }
        let item = stored.dtype.size_in_bytes();
        let (start, length) = stored.offset.checked_mul(item).zip(count.checked_mul(item)).ok_or_else(unsupported)?;
        let mut file = self.zip.by_name(&format!("{}data/{}", self.prefix, stored.storage))?;
        if start.checked_add(length).is_none_or(|end| end as u64 > file.size()) {
            return Err(unsupported());
        }
        std::io::copy(&mut (&mut file).take(start as u64), &mut std::io::sink())?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(Tensor::from_raw_buffer(&bytes, stored.dtype, &stored.shape, &Device::Cpu)?)
    }
}

impl Pickle {
    /// The value under a text key of a dictionary.
    fn entry(&self, dict: NodeId, key: &str) -> Option<NodeId> {
        let PickleNode::Dict(entries) = &self.nodes[dict] else { return None };
        entries.iter().find(|(k, _)| matches!(&self.nodes[*k], PickleNode::Text(t) if t == key)).map(|&(_, v)| v)
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, …)`, also inside `_rebuild_parameter(tensor, …)`.
    fn tensor(&self, id: NodeId) -> Option<Stored> {
        let (callable, args) = self.call(id)?;
        match callable {
            "torch._utils._rebuild_parameter" => {
                let (inner, args) = self.call(*args.first()?)?;
                (inner == "torch._utils._rebuild_tensor_v2").then(|| self.stored(args))?
            }
            "torch._utils._rebuild_tensor_v2" => self.stored(args),
            _ => None,
        }
    }

    fn call(&self, id: NodeId) -> Option<(&str, &[NodeId])> {
        let PickleNode::Call(callable, args) = self.nodes[id] else { return None };
        match (&self.nodes[callable], &self.nodes[args]) {
            (PickleNode::Global(name), PickleNode::List(args)) => Some((name, args)),
            _ => None,
        }
    }

    fn stored(&self, args: &[NodeId]) -> Option<Stored> {
        let [storage, offset, shape, stride, ..] = args else { return None };
        let PickleNode::Persistent(reference) = self.nodes[*storage] else { return None };
        // ("storage", torch.FloatStorage, key, device, count)
        let PickleNode::List(reference) = &self.nodes[reference] else { return None };
        let (PickleNode::Global(class), PickleNode::Text(key)) =
            (&self.nodes[*reference.get(1)?], &self.nodes[*reference.get(2)?])
        else {
            return None;
        };
        let dtype = match class.as_str() {
            "torch.FloatStorage" => DType::F32,
            "torch.DoubleStorage" => DType::F64,
            "torch.HalfStorage" => DType::F16,
            "torch.BFloat16Storage" => DType::BF16,
            "torch.LongStorage" => DType::I64,
            _ => return None,
        };
        let sizes = |id: NodeId| match &self.nodes[id] {
            PickleNode::List(items) => items.iter().map(|&i| self.size(i)).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let (shape, stride) = (sizes(*shape)?, sizes(*stride)?);
        (shape.len() == stride.len()).then_some(Stored {
            dtype,
            storage: key.clone(),
            offset: self.size(*offset)?,
            shape,
            stride,
        })
    }

    fn size(&self, id: NodeId) -> Option<usize> {
        if let PickleNode::Int(n) = self.nodes[id] { n.try_into().ok() } else { None }
    }

    /// Runs the opcodes of protocols 2 to 5 that data needs. Returns the values and the root.
    fn read(bytes: &[u8]) -> Result<(Self, NodeId)> {
        let mut input = PickleInput(bytes);
        let mut nodes: Vec<PickleNode> = Vec::new();
        let mut stack: Vec<NodeId> = Vec::new();
        let mut marks: Vec<usize> = Vec::new();
        let mut memo: HashMap<u32, NodeId> = HashMap::new();
        macro_rules! push {
            ($node:expr) => {{
                nodes.push($node);
                stack.push(nodes.len() - 1);
            }};
        }
        macro_rules! pop {
            () => {
                stack.pop().ok_or(PickleError::Damaged)?
            };
        }
        macro_rules! top {
            () => {
                *stack.last().ok_or(PickleError::Damaged)?
            };
        }
        macro_rules! since_mark {
            () => {{
                let mark = marks.pop().filter(|&m| m <= stack.len()).ok_or(PickleError::Damaged)?;
                stack.split_off(mark)
            }};
        }
        loop {
            match input.byte()? {
                b'.' => {
                    let root = pop!();
                    return Ok((Self { nodes }, root));
                }
                0x80 => drop(input.take(1)?), // protocol
                0x95 => drop(input.take(8)?), // frame
                b'(' => marks.push(stack.len()),
                b'0' => drop(pop!()),
                b'N' | 0x88 | 0x89 => push!(PickleNode::Other), // None, True, False
                b'K' => push!(PickleNode::Int(input.byte()?.into())),
                b'M' => push!(PickleNode::Int(u16::from_le_bytes(input.array()?).into())),
                b'J' => push!(PickleNode::Int(i32::from_le_bytes(input.array()?).into())),
                0x8a => {
                    let length = input.byte()?.into();
                    let digits = input.take(length)?;
                    let number = (digits.len() <= 8).then(|| {
                        let fill = if digits.last().is_some_and(|d| d & 0x80 != 0) { 0xff } else { 0 };
                        let mut all = [fill; 8];
                        all[..digits.len()].copy_from_slice(digits);
                        i64::from_le_bytes(all)
                    });
                    push!(number.map_or(PickleNode::Other, PickleNode::Int));
                }
                b'G' => {
                    input.take(8)?;
                    push!(PickleNode::Other)
                }
                b'X' => {
                    let length = u32::from_le_bytes(input.array()?) as usize;
                    push!(PickleNode::Text(String::from_utf8_lossy(input.take(length)?).into_owned()))
                }
                0x8c => {
                    let length = input.byte()?.into();
                    push!(PickleNode::Text(String::from_utf8_lossy(input.take(length)?).into_owned()))
                }
                b'c' => push!(PickleNode::Global(format!("{}.{}", input.line()?, input.line()?))),
                0x93 => {
                    let (name, module) = (pop!(), pop!());
                    let (PickleNode::Text(name), PickleNode::Text(module)) = (&nodes[name], &nodes[module]) else {
                        return Err(PickleError::Damaged);
                    };
                    push!(PickleNode::Global(format!("{module}.{name}")))
                }
                b')' | b']' => push!(PickleNode::List(Vec::new())),
                b'}' => push!(PickleNode::Dict(Vec::new())),
                b't' | b'l' => push!(PickleNode::List(since_mark!())),
                0x85 => push!(PickleNode::List(vec![pop!()])),
                0x86 => {
                    let (b, a) = (pop!(), pop!());
                    push!(PickleNode::List(vec![a, b]))
                }
                0x87 => {
                    let (c, b, a) = (pop!(), pop!(), pop!());
                    push!(PickleNode::List(vec![a, b, c]))
                }
                b'a' => {
                    let item = pop!();
                    if let PickleNode::List(list) = &mut nodes[top!()] {
                        list.push(item);
                    }
                }
                b'e' => {
                    let items = since_mark!();
                    if let PickleNode::List(list) = &mut nodes[top!()] {
                        list.extend(items);
                    }
                }
                b's' => {
                    let (value, key) = (pop!(), pop!());
                    if let PickleNode::Dict(dict) = &mut nodes[top!()] {
                        dict.push((key, value));
                    }
                }
                b'u' => {
                    let items = since_mark!();
                    if let PickleNode::Dict(dict) = &mut nodes[top!()] {
                        dict.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
                    }
                }
                b'Q' => {
                    let reference = pop!();
                    push!(PickleNode::Persistent(reference))
                }
                b'R' | 0x81 => {
                    let (args, callable) = (pop!(), pop!());
                    // An ordered dictionary starts empty and is filled like any other.
                    let is_dict = matches!(&nodes[callable], PickleNode::Global(name) if name == "collections.OrderedDict");
                    push!(if is_dict { PickleNode::Dict(Vec::new()) } else { PickleNode::Call(callable, args) })
                }
                b'b' => drop(pop!()), // an object's attributes: nothing that matters here
                b'q' => drop(memo.insert(input.byte()?.into(), top!())),
                b'r' => drop(memo.insert(u32::from_le_bytes(input.array()?), top!())),
                0x94 => drop(memo.insert(memo.len() as u32, top!())),
                b'h' => stack.push(*memo.get(&input.byte()?.into()).ok_or(PickleError::Damaged)?),
                b'j' => stack.push(*memo.get(&u32::from_le_bytes(input.array()?)).ok_or(PickleError::Damaged)?),
                other => return Err(PickleError::Opcode(other)),
            }
        }
    }
}

/// The rest of the pickle.
struct PickleInput<'a>(&'a [u8]);

impl<'a> PickleInput<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(PickleError::Damaged)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| PickleError::Damaged)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn line(&mut self) -> Result<String> {
        let end = self.0.iter().position(|&b| b == b'\n').ok_or(PickleError::Damaged)?;
        let line = self.take(end + 1)?;
        Ok(String::from_utf8_lossy(&line[..end]).trim_end_matches('\r').to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_kept_as_data_and_never_run() {
        let (pickle, root) = Pickle::read(b"\x80\x02cos\nsystem\nX\x05\x00\x00\x00touch\x85R.").unwrap();
        let (callable, args) = pickle.call(root).unwrap();
        assert_eq!((callable, args.len()), ("os.system", 1));
    }

    #[test]
    fn damaged_and_hostile_pickles_are_errors() {
        let deep = [vec![b')'], vec![0x85; 1_000_000], vec![b'.']].concat();
        assert!(Pickle::read(&deep).is_ok(), "deep nesting is no problem");
        for bytes in [b"".as_slice(), b"R.", b"u.", b"(t", b"X\xff\xff\xff\xff.", b"h\x07.", b"\x8a\x09.", b"i.", b"0."] {
            assert!(Pickle::read(bytes).is_err(), "{bytes:?}");
        }
    }
}
