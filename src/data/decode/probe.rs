//! What the header of a file says.

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Width and height, turned upright, of each page or frame; one for most files. All pages that are pictures, by their number.
    pub pages: Vec<(usize, [u32; 2])>,
    /// DICOM's PatientID.
    pub patient: Option<String>,
    /// The windows that a DICOM file names; `None` where it is none.
    pub windows: Option<Vec<String>>,
    /// What a DICOM file holds whose pixels are not those of a camera or a scanner: `a segmentation`.
    pub derived: Option<&'static str>,
}
