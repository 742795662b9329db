//! The names of transfer syntaxes: what a file says its pixels are encoded as.

/// Encodings that no maintained Rust decoder reads.
const REFUSED: &[(&str, &str)] = &[
    ("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
    ("1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"),
    ("1.2.840.10008.1.2.4.94", "JPIP Referenced"),
    ("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate"),
    ("1.2.840.10008.1.2.4.100", "MPEG-2 video"),
    ("1.2.840.10008.1.2.4.100.1", "MPEG-2 video"),
    ("1.2.840.10008.1.2.4.101", "MPEG-2 video"),
    ("1.2.840.10008.1.2.4.101.1", "MPEG-2 video"),
    ("1.2.840.10008.1.2.4.102", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.102.1", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.103", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.103.1", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.104", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.104.1", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.105", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.105.1", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.106", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.106.1", "MPEG-4 video"),
    ("1.2.840.10008.1.2.4.107", "HEVC video"),
    ("1.2.840.10008.1.2.4.108", "HEVC video"),
    ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
    ("1.2.840.10008.1.2.4.111", "JPEG XL Recompression"),
    ("1.2.840.10008.1.2.4.112", "JPEG XL"),
    ("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced"),
    ("1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate"),
    ("1.2.840.10008.1.2.7.1", "SMPTE ST 2110 video"),
    ("1.2.840.10008.1.2.7.2", "SMPTE ST 2110 video"),
];

const READ: &[(&str, &str)] = &[
    ("1.2.840.10008.1.2", "Implicit VR Little Endian"),
    ("1.2.840.10008.1.2.1", "Explicit VR Little Endian"),
    ("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian"),
    ("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian"),
    ("1.2.840.10008.1.2.2", "Explicit VR Big Endian"),
    ("1.2.840.10008.1.2.4.50", "JPEG Baseline"),
    ("1.2.840.10008.1.2.4.51", "JPEG Extended"),
    ("1.2.840.10008.1.2.4.57", "JPEG Lossless"),
    ("1.2.840.10008.1.2.4.70", "JPEG Lossless SV1"),
    ("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"),
    ("1.2.840.10008.1.2.4.91", "JPEG 2000"),
    ("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Lossless"),
    ("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2"),
    ("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless"),
    ("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 Lossless RPCL"),
    ("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"),
    (RLE, "RLE Lossless"),
    (DEFLATED_FRAMES, "Deflated Image Frame Compression"),
];

pub const RLE: &str = "1.2.840.10008.1.2.5";
pub const DEFLATED_FRAMES: &str = "1.2.840.10008.1.2.8.1";
pub const PLAIN_FRAMES: &str = "1.2.840.10008.1.2.1.98";

/// Why the pixels are not read, where that is known from what the file says.
pub fn refusal(uid: &str) -> Option<String> {
    let (_, name) = REFUSED.iter().find(|(refused, _)| *refused == uid)?;
    let way = if name.starts_with("JPEG-LS") { "; plain, it is: dcmdjpls FILE NEW (DCMTK)" } else { "" };
    Some(format!("is DICOM encoded as {name} ({uid}), which is not read{way}"))
}

pub fn name(uid: &str) -> &str {
    match uid {
        "" => "without a transfer syntax",
        uid => READ.iter().chain(REFUSED).find(|(known, _)| *known == uid).map_or(uid, |(_, name)| name),
    }
}
