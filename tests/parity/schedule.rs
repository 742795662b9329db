//! Both noise schedules against the reference implementation's numbers.

use crate::common;
use dissolve_studio::{config::ScheduleKind, ml::diffusion::schedule::Schedule};
use serde_json::Value;
use std::path::Path;

#[test]
fn schedules_match() {
    common::references("schedules.json").iter().for_each(|path| schedules_match_in(path));
}

fn schedules_match_in(path: &Path) {
    let fixture: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for (kind, name) in [(ScheduleKind::Cosine, "cosine"), (ScheduleKind::Linear, "linear")] {
        let ours = Schedule::new(kind, 1000);
        let mut compared = 0;
        for (array, found) in [
            ("betas", &ours.betas),
            ("alphas_cumprod", &ours.alphas_cumprod),
            ("sqrt_alphas_cumprod", &ours.sqrt_alphas_cumprod),
            ("sqrt_one_minus_alphas_cumprod", &ours.sqrt_one_minus_alphas_cumprod),
            ("sqrt_recip_alphas_cumprod", &ours.sqrt_recip_alphas_cumprod),
            ("sqrt_recipm1_alphas_cumprod", &ours.sqrt_recipm1_alphas_cumprod),
            ("posterior_mean_coef1", &ours.posterior_mean_coef1),
            ("posterior_mean_coef2", &ours.posterior_mean_coef2),
            ("posterior_log_variance_clipped", &ours.posterior_log_variance_clipped),
        ] {
            let steps = fixture[name]["t"].as_array().unwrap().iter().map(|t| t.as_u64().unwrap() as usize);
            let expected = fixture[name][array].as_array().unwrap().iter().map(|v| v.as_f64().unwrap());
            // Relative to each value: they run from 1e-9 to 20,000.
            let deviation = |(t, v): (usize, f64)| {
                let difference = (f64::from(found[t]) - v).abs();
                if v == 0.0 { difference } else { difference / v.abs() }
            };
            let largest = steps.zip(expected).map(deviation).fold(0.0, f64::max);
            common::check(&format!("{name} {array}"), largest, 1e-6);
            compared += 1;
        }
        assert_eq!(compared + 1, fixture[name].as_object().unwrap().len(), "every array of the file is compared");
    }
}
