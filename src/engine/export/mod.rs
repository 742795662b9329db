//! Files for other programs and people: tables, charts, contact sheets, anomaly maps, sweeps.

pub mod contact_sheet;
pub mod curves;
pub mod results;
pub mod sweep;
pub mod table;
