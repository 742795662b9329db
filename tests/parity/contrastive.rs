//! The contrastive loss and its gradient, designs a and b and CSI, against the reference numbers.

use crate::common::{Fixture, check, max_difference};
use candle_core::{Tensor, Var};
use dissolve_studio::{config::Design, ml::encoder::loss::Loss};

#[test]
fn contrastive_losses_and_gradients() {
    Fixture::each("contrastive_loss.safetensors").iter().for_each(contrastive_losses_and_gradients_in);
}

fn contrastive_losses_and_gradients_in(fixture: &Fixture) {
    let z = fixture.get("z");
    let csi = fixture.meta::<usize>("batch") * fixture.meta::<usize>("shifts") * 2;
    let tau = fixture.meta("tau");
    for (name, design, branches, views) in
        [("a", Design::A, 3, z.dim(0).unwrap()), ("b", Design::B, 3, z.dim(0).unwrap()), ("csi", Design::A, 2, csi)]
    {
        let z = Var::from_tensor(&z.narrow(0, 0, views).unwrap().copy().unwrap()).unwrap();
        let loss = Loss { tau, design, branches, lambda: 1.0 }.contrastive(&z).unwrap();
        let grad: Tensor = loss.backward().unwrap().get(&z).unwrap().clone();
        check(&format!("contrastive loss {name}"), max_difference(&loss, &fixture.get(&format!("loss_{name}"))), 1e-5);
        check(&format!("contrastive gradient {name}"), max_difference(&grad, &fixture.get(&format!("grad_{name}"))), 1e-5);
    }
}
