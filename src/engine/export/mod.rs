//! Files for other programs and people: tables, charts, contact sheets, anomaly maps, sweeps.

pub(crate) mod contact_sheet;
pub mod curves;
pub mod results;
pub mod sweep;
pub(crate) mod table;
