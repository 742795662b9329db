//! Tables whose rows outline findings, several of them in an image: by run lengths (SIIM-ACR, Severstal) or boxes (RSNA, VinDr-CXR).

use super::{
    columns::{is_label, plain},
    table::{Table, in_line_of},
};
use csv::StringRecord;

/// Ends of the names of files, behind which a class may stand: `0002cc93b.jpg_1`.
const PICTURES: &[&str] = &[".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".dcm"];

/// Words in the names of columns of run lengths.
const RUN_LENGTHS: &[&str] =
    &["encodedpixels", "encoded_pixels", "encoding", "rle", "run_length", "runlength", "mask", "segmentation", "annotation"];
/// Run lengths without such a name have so many numbers, their starts in order: four are a box, and others points.
const MANY: usize = 8;

/// Names of columns of classes beside outlines.
const CLASSES: &[&str] = &["classid", "class_id", "labelid", "label_id", "category_id"];

/// Names of columns of a corner of a box, across and down.
const CORNER: [&[&str]; 2] = [
    &["xmin", "x_min", "bbox_x", "bbox_x1", "bbox_xmin", "bbox_[x", "startx"],
    &["ymin", "y_min", "bbox_y", "bbox_y1", "bbox_ymin", "y", "starty"],
];
/// Those of any place, which may be that of the image itself or of a landmark…
const POINT: [&[&str]; 2] = [&["x", "x1", "left", "coordx"], &["y", "y1", "top", "coordy"]];
/// …unless beside them stands how far something reaches.
const EXTENT: &[&str] =
    &["width", "w", "height", "h", "x2", "y2", "right", "bottom", "radius", "diameter", "radius_mm", "diameter_mm"];
const BOXES: &[&str] = &["bbox", "bboxes", "boxes", "bounding_box", "bounding_boxes"];

/// Whether a field outlines something; -1 and nothing do not.
pub fn outlines(field: &str) -> bool {
    let field = field.trim();
    !field.is_empty() && field != "-1" && !field.eq_ignore_ascii_case("nan")
}

/// How many numbers there are where a field is run lengths: pairs of a start and a length.
fn pairs(field: &str) -> Option<usize> {
    let count = field.split_ascii_whitespace().count();
    let are_numbers = field.split_ascii_whitespace().all(|word| word.bytes().all(|b| b.is_ascii_digit()));
    (are_numbers && count > 0 && count.is_multiple_of(2)).then_some(count)
}

/// Whether a field outlines something, but not by run lengths: it is damaged, and what it meant is not known.
pub fn is_damaged(field: &str) -> bool {
    outlines(field) && pairs(field).is_none()
}

/// Whether the first numbers of all pairs grow, as those of outlines do in most tables.
fn starts_grow(field: &str) -> bool {
    let starts: Vec<u64> = field.split_ascii_whitespace().step_by(2).filter_map(|word| word.parse().ok()).collect();
    starts.is_sorted()
}

impl Table {
    /// The column of run lengths; a few fields of it may be damaged.
    pub(super) fn run_lengths(&self) -> Option<usize> {
        let are_runs = |c: &usize| {
            let name = plain(&self.headers[*c]);
            let is_named = RUN_LENGTHS.iter().any(|word| name.contains(word));
            let least = if is_named { 2 } else { MANY };
            let (mut outlined, mut sound, mut long) = (0, 0, 0);
            for field in self.column(*c).filter(|field| outlines(field)) {
                let pairs = pairs(field).filter(|_| is_named || starts_grow(field));
                outlined += 1;
                sound += usize::from(pairs.is_some());
                long += usize::from(pairs >= Some(least));
            }
            // Without a name that says so, nearly all have to be.
            let are_sound = if is_named { sound * 2 > outlined } else { sound * 20 >= outlined * 19 };
            outlined > 0 && are_sound && long * 2 > outlined
        };
        (0..self.headers.len()).find(are_runs)
    }

    /// A column of classes by its number, as tables of outlines have it.
    pub(super) fn class_ids(&self) -> Option<usize> {
        (0..self.headers.len()).find(|&c| CLASSES.contains(&plain(&self.headers[c]).as_str()))
    }

    /// Whether columns outline what a row is about in its image: a box or a circle, and not a point alone.
    pub(super) fn has_boxes(&self) -> bool {
        let has = |names: &[&str]| self.headers.iter().any(|header| names.contains(&plain(header).as_str()));
        let have = |names: [&[&str]; 2]| names.into_iter().all(has);
        has(BOXES) || have(CORNER) || (have(POINT) && has(EXTENT))
    }

    /// The same with the class of what is outlined in a column of its own, where the name of the file and it are one:
    /// `ImageId_ClassId` of Severstal, `Image_Label`.
    pub(super) fn names_apart(&self) -> Option<Self> {
        let apart = |field: &str| {
            let lower = field.to_ascii_lowercase();
            let end = |ending: &&str| lower.rfind(&format!("{ending}_")).map(|at| at + ending.len());
            PICTURES.iter().find_map(end).map(|at| (field[..at].to_string(), field[at + 1..].to_string()))
        };
        let is_joined = |c: &usize| !self.rows.is_empty() && self.column(*c).all(|field| apart(field).is_some());
        let column = (0..self.headers.len()).find(is_joined).filter(|_| self.run_lengths().is_some())?;
        let (file, class) = names_of_both(&self.headers[column]);
        let mut headers = self.headers.clone();
        headers[column] = file.to_string();
        headers.push(class.to_string());
        let row = |row: &StringRecord| {
            let (name, class) = apart(self.field(row, Some(column))).unwrap_or_default();
            let fields =
                (0..self.headers.len()).map(|c| if c == column { name.clone() } else { self.field(row, Some(c)).to_string() });
            in_line_of(row, fields.chain([class]))
        };
        let rows = self.rows.iter().map(row).collect();
        Some(Self { headers, rows, sheet: self.sheet.clone(), ..*self })
    }
}

/// What the name and the class are called in the header of both: `ImageId_ClassId` says it, `image_id` names the file alone.
fn names_of_both(header: &str) -> (&str, &str) {
    let is_class = |name: &str| CLASSES.contains(&plain(name).as_str()) || is_label(name);
    let parts = header.match_indices('_').map(|(at, _)| (&header[..at], &header[at + 1..]));
    parts.filter(|(file, _)| !file.is_empty()).find(|(_, class)| is_class(class)).unwrap_or((header, "ClassId"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        let table = Table::parse(text.as_bytes()).unwrap();
        table.names_apart().unwrap_or(table)
    }

    #[test]
    fn run_lengths_are_told_from_boxes_and_measurements() {
        assert_eq!(table("ImageId, EncodedPixels\na, -1\nb,387620 23 996 33\nc,1 5\n").run_lengths(), Some(1));
        assert_eq!(table("id,outline\na,\nb,1 2 3 4 5 6 7 8\n").run_lengths(), Some(1));
        assert_eq!(table("id,place\na,\nb,1 2 3 4\n").run_lengths(), None, "a box");
        assert_eq!(table("id,points\na,5 2 3 4 9 6 7 8\nb,1 2 3 4 5 6 7 8\n").run_lengths(), None);
        assert_eq!(table("id,mask\na,masks/a.png\nb,masks/b.png\n").run_lengths(), None);
        assert_eq!(table("id,EncodedPixels\na,\nb,\n").run_lengths(), None, "nothing is outlined");
        assert!(table("patientId,x,y,width,height,Target\na,1,2,3,4,1\n").has_boxes());
        assert!(table("image_id,class_name,x_min,y_min\na,mass,1,2\n").has_boxes() && !table("image,y\na,1\n").has_boxes());
    }

    #[test]
    fn a_class_behind_the_name_of_a_file_becomes_a_column() {
        let severstal = table("ImageId_ClassId,EncodedPixels\na.jpg_1,\na.jpg_2,1 2 5 6\n");
        assert_eq!(severstal.headers, ["ImageId", "EncodedPixels", "ClassId"]);
        assert_eq!(severstal.column(0).collect::<Vec<_>>(), ["a.jpg", "a.jpg"]);
        assert_eq!((severstal.class_ids(), severstal.line(1)), (Some(2), 3));
        let plain = table("file_a,label\na.jpg_1,1\n");
        assert_eq!(plain.headers, ["file_a", "label"], "no run lengths");
    }
}
