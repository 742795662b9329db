//! Scores of images, and what they are compared with.
//!
//! # The score (paper, Eq. 10)
//!
//! With z_k and f_k, the averaged [features](crate::ml::encoder::features) of an image under shift k, and those of the normal
//! training images m = 1, ..., M:
//!
//! ```text
//! axis_{m,k}   = z_{m,k} / |z_{m,k}|
//! lambda_sim,k = 1 / mean_m |z_{m,k}|
//! lambda_cls,k = 1 / mean_m f_{m,k}[k]
//!
//! normality(x) = 1/K sum_k [ lambda_sim,k max_m( z_k(x) . axis_{m,k} )  +  lambda_cls,k f_k(x)[k] ]
//! score(x)     = -normality(x)
//! ```
//!
//! The first term says how like the nearest normal training image an image is (the arg-max m is the reason behind a score, and is
//! kept), the second how sure the classifier is of its shift. A training normal is scored against the others (leave one out).
//! The metric is the AUROC on the test set, mean and standard deviation over at least three seeds. See [`dia_scorer`].
//!
//! # The dissolve profile (not in the paper)
//!
//! A second score, never part of a figure that is called DIA. An image's profile is
//!
//! ```text
//! log mean |x - x_hat(x, t)|    at several t: over the image, and over each cell of a 4 x 4 grid
//! ```
//!
//! The profiles of the training normals give a Gaussian, its covariance shrunk as by Ledoit & Wolf 2004, and the score is the
//! squared Mahalanobis distance. It is two-sided, since abnormal images may change less as well as more. See [`profile`].
//!
//! # Features, tiles, map (not in the paper)
//!
//! [`encoder_features`] and [`tiles`] judge by the distance of the encoder's features from a Gaussian of the normals'
//! ([`normal_gaussian`], which [`descriptor_scorer`] keeps with the run), and [`localisation`](crate::ml::localisation) by an
//! anomaly map.
//!
//! # The score that leads
//!
//! Each score becomes its rank among held-out normals. Some see a picture as a whole (DIA, profile, features), others at its own
//! scale (tiles, map): the mean rank of either group leads, whichever is higher ([`ScoreKind::is_by_tiles`](crate::scores::ScoreKind::is_by_tiles)).
//! The rule needs no labels. It replaced the mean of the two highest ranks because it did better on average on the development sets
//! (`assets/results/RESULTS.md`). DIA's score stays what it is, under its own name.
//!
//! # What a score is worth
//!
//! | | |
//! |---|---|
//! | [`baselines`] | scores that need no training: a model that does not beat them has learnt nothing |
//! | [`map_rulers`] | anomaly maps that need no training |
//! | [`pixel_evaluation`] | how well [anomaly maps](anomaly_map) find what masks outline |
//! | [`occlusion`] | what covering parts of an image does to its score |
//! | [`synthetic_lesions`] | spots of known size and contrast, and how many of them the score finds |

pub mod anomaly_map;
pub mod baselines;
pub mod descriptor_scorer;
pub mod dia_scorer;
pub mod embedding;
pub mod encoder_features;
pub mod gaussian;
pub mod map_rulers;
pub mod normal_gaussian;
pub mod occlusion;
pub mod pixel_evaluation;
pub mod profile;
pub mod synthetic_lesions;
pub mod tiles;
