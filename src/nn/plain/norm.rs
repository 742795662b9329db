//! Normalisations with what follows them. Gradients need the sums of dz and of dz * (x - mean) alone: what lies between is worked
//! out on one value a channel or group, not on every pixel. (A sum of dz * x would save a pass, and lose its digits where the mean
//! is far above the deviation.)

use candle_core::{Result, Tensor};

use super::{activation, function::function};

/// `1 / sqrt(var + eps)` of the sums of `count` squares each.
fn reciprocal_root(squares: &Tensor, count: f64, eps: f64) -> Result<Tensor> {
    squares.affine(1. / count, eps)?.powf(-0.5)
}

/// [`crate::nn::norm_film_silu`]; without the SiLU where that is not asked for.
pub fn group_norm(
    x: &Tensor,
    groups: usize,
    (gamma, beta): (&Tensor, &Tensor),
    film: Option<(&Tensor, &Tensor)>,
    eps: f64,
    silu: bool,
) -> Result<Tensor> {
    let (batch, channels, shape) = (x.dim(0)?, x.dim(1)?, x.shape().clone());
    let mut inputs = vec![x, gamma, beta];
    inputs.extend(film.into_iter().flat_map(|(scale, shift)| [scale, shift]));
    function("group norm", &inputs, || {
        // One row a group, or a channel; what is one value a channel lies by groups, that of all images as one of them.
        let (of_groups, of_channels) = ((batch * groups, ()), (batch * channels, ()));
        let by_group = ((), groups, channels / groups);
        let x = x.detach().contiguous()?.reshape(of_groups)?;
        let size = x.dim(1)? as f64;
        let [gamma, beta] = [gamma, beta].map(|t| t.detach().reshape(by_group));
        let (gamma, beta) = (gamma?, beta?);
        // factor * normal + offset, where factor = (scale + 1) gamma and offset = (scale + 1) beta + shift.
        let film = match film {
            Some((scale, shift)) => {
                Some(((scale.detach().reshape(by_group)? + 1.)?, shift.detach().reshape(by_group)?, scale.shape().clone()))
            }
            None => None,
        };
        let (factor, offset) = match &film {
            Some((scale, shift, _)) => (scale.broadcast_mul(&gamma)?, (scale.broadcast_mul(&beta)? + shift)?),
            None => (gamma.clone(), beta.clone()),
        };

        let mean = x.mean_keepdim(1)?;
        let centred = x.broadcast_sub(&mean)?;
        let rstd = reciprocal_root(&centred.sqr()?.sum_keepdim(1)?, size, eps)?;
        let rstd = rstd.reshape((batch, groups, 1))?;
        let each = (batch, groups, channels / groups);
        let (scale, offset) = (rstd.broadcast_mul(&factor)?, offset.broadcast_as(each)?);
        let z = centred.reshape(of_channels)?.broadcast_mul(&scale.reshape(of_channels)?)?;
        drop(centred);
        let z = z.broadcast_add(&offset.reshape(of_channels)?)?;
        let y = (if silu { z.silu()? } else { z }).reshape(&shape)?;

        let gradients = move |y: &Tensor, dy: &Tensor| {
            let centred = x.broadcast_sub(&mean)?;
            let planes = centred.reshape(of_channels)?;
            let dy = dy.reshape(of_channels)?;
            let dz = if silu {
                let half = |t: &Tensor| (t * 0.5)?.reshape(of_channels);
                let half_z = planes.broadcast_mul(&half(&scale)?)?.broadcast_add(&half(&offset)?)?;
                activation::silu_gradient(&half_z, &y.reshape(of_channels)?, &dy)?
            } else {
                dy
            };
            // The sums of dz, and of dz times what is normalised.
            let sum = |t: &Tensor| t.sum(1)?.reshape(each);
            let (total, with_normal) = (sum(&dz)?, sum(&(&dz * &planes)?)?.broadcast_mul(&rstd)?);
            let mean_of = |t: &Tensor| t.broadcast_mul(&factor)?.sum_keepdim(2)? / size;
            let of_centred = (rstd.sqr()? * mean_of(&with_normal)?)?.neg()?;
            let constant = (&rstd * mean_of(&total)?)?.neg()?;
            let dx = dz.broadcast_mul(&scale.reshape(of_channels)?)?.reshape(of_groups)?;
            drop(dz);
            let rest = centred.broadcast_mul(&of_centred.reshape(of_groups)?)?.broadcast_add(&constant.reshape(of_groups)?)?;
            let dx = (dx + rest)?.reshape(&shape)?;

            let of_all = |t: Tensor| t.sum(0)?.flatten_all();
            let Some((scale, _, film)) = &film else {
                return Ok(vec![Some(dx), Some(of_all(with_normal)?), Some(of_all(total)?)]);
            };
            let dscale = (with_normal.broadcast_mul(&gamma)? + total.broadcast_mul(&beta)?)?.reshape(film)?;
            let (dgamma, dbeta) = (of_all((with_normal * scale)?)?, of_all((&total * scale)?)?);
            Ok(vec![Some(dx), Some(dgamma), Some(dbeta), Some(dscale), Some(total.reshape(film)?)])
        };
        Ok((y, gradients))
    })
}

/// What [`batch_norm`] gives: the result, and the mean and biased variance (C) of each channel, without history.
pub struct BatchNormed {
    pub y: Tensor,
    pub mean: Tensor,
    pub var: Tensor,
}

/// Batch norm of `x` (B, C, H, W) by its own statistics, plus `shortcut`, then ReLU if asked for.
pub fn batch_norm(
    x: &Tensor,
    (gamma, beta): (&Tensor, &Tensor),
    shortcut: Option<&Tensor>,
    eps: f64,
    relu: bool,
) -> Result<BatchNormed> {
    let shape = x.shape().clone();
    let of_channels = (1, (), 1);
    let values = (x.elem_count() / x.dim(1)?) as f64;
    // First over the pixels of a plane, so that there is work for all of a GPU.
    let sum = move |t: &Tensor| t.sum(2)?.sum(0)?.reshape(of_channels);
    let planes = x.detach().contiguous()?.flatten_from(2)?;
    let mean = (sum(&planes)? / values)?;
    let centred = planes.broadcast_sub(&mean)?;
    let var = (sum(&centred.sqr()?)? / values)?;
    let (batch_mean, batch_var) = (mean.flatten_all()?, var.flatten_all()?);

    let mut inputs = vec![x, gamma, beta];
    inputs.extend(shortcut);
    let y = function("batch norm", &inputs, || {
        let rstd = reciprocal_root(&var, 1., eps)?;
        let scale = (gamma.detach().reshape(of_channels)? * &rstd)?;
        let y = centred.broadcast_mul(&scale)?;
        drop(centred);
        let mut y = y.broadcast_add(&beta.detach().reshape(of_channels)?)?.reshape(&shape)?;
        if let Some(shortcut) = shortcut {
            y = (y + shortcut.detach())?;
        }
        if relu {
            y = activation::relu(&y)?;
        }
        let gradients = move |y: &Tensor, dy: &Tensor| {
            let dz = if relu { activation::relu_gradient(y, dy)? } else { dy.clone() };
            let rows = dz.flatten_from(2)?;
            let centred = planes.broadcast_sub(&mean)?;
            let (total, with_normal) = (sum(&rows)?, (sum(&(&rows * &centred)?)? * &rstd)?);
            let of_centred = ((&scale * &rstd)? * (&with_normal / -values)?)?;
            let constant = (&scale * (&total / -values)?)?;
            let rest = centred.broadcast_mul(&of_centred)?.broadcast_add(&constant)?;
            let dx = (rows.broadcast_mul(&scale)? + rest)?.reshape(&shape)?;
            Ok(vec![Some(dx), Some(with_normal.flatten_all()?), Some(total.flatten_all()?), Some(dz)])
        };
        Ok((y, gradients))
    })?;
    Ok(BatchNormed { y, mean: batch_mean, var: batch_var })
}

/// [`crate::nn::channel_layer_norm`].
pub fn channel_layer_norm(x: &Tensor, g: &Tensor, eps: f64) -> Result<Tensor> {
    let shape = x.shape().clone();
    function("layer norm", &[x, g], || {
        let (x, g) = (x.detach().contiguous()?.flatten_from(2)?, g.detach().reshape((1, (), 1))?);
        let mean = x.mean_keepdim(1)?;
        let centred = x.broadcast_sub(&mean)?;
        let rstd = reciprocal_root(&centred.sqr()?.sum_keepdim(1)?, x.dim(1)? as f64, eps)?;
        let y = centred.broadcast_mul(&rstd)?.broadcast_mul(&g)?.reshape(&shape)?;
        let gradients = move |_: &Tensor, dy: &Tensor| {
            let dy = dy.flatten_from(2)?;
            let normal = x.broadcast_sub(&mean)?.broadcast_mul(&rstd)?;
            let with_normal = (&dy * &normal)?;
            let dg = with_normal.sum(2)?.sum(0)?.reshape((1, (), 1, 1))?;
            let of_normal = with_normal.broadcast_mul(&g)?.mean_keepdim(1)?;
            let dn = dy.broadcast_mul(&g)?;
            let rest = normal.broadcast_mul(&of_normal)?.broadcast_add(&dn.mean_keepdim(1)?)?;
            let dx = (dn - rest)?.broadcast_mul(&rstd)?.reshape(&shape)?;
            Ok(vec![Some(dx), Some(dg)])
        };
        Ok((y, gradients))
    })
}

/// [`crate::nn::standardise_weight`].
pub fn standardise_weight(w: &Tensor, eps: f64) -> Result<Tensor> {
    let shape = w.shape().clone();
    function("weight standardisation", &[w], || {
        let rows = w.detach().contiguous()?.flatten_from(1)?;
        let centred = rows.broadcast_sub(&rows.mean_keepdim(1)?)?;
        let rstd = reciprocal_root(&centred.sqr()?.sum_keepdim(1)?, rows.dim(1)? as f64, eps)?;
        let y = centred.broadcast_mul(&rstd)?.reshape(&shape)?;
        let gradients = move |y: &Tensor, dy: &Tensor| {
            let (y, dy) = (y.flatten_from(1)?, dy.flatten_from(1)?);
            let rest = y.broadcast_mul(&(&dy * &y)?.mean_keepdim(1)?)?.broadcast_add(&dy.mean_keepdim(1)?)?;
            Ok(vec![Some((dy - rest)?.broadcast_mul(&rstd)?.reshape(&shape)?)])
        };
        Ok((y, gradients))
    })
}
