//! Code points of the icon font (`assets/fonts/Phosphor.ttf`), by Phosphor's names.

pub const ARROW_LEFT: &str = "\u{E058}";
pub const ARROW_RIGHT: &str = "\u{E06C}";
pub const ARROWS_CLOCKWISE: &str = "\u{E094}";
pub const CARET_DOWN: &str = "\u{E136}";
pub const CARET_UP: &str = "\u{E13C}";
pub const CHECK: &str = "\u{E182}";
pub const CIRCLE_HALF: &str = "\u{E18C}";
pub const CORNERS_OUT: &str = "\u{E1D0}";
pub const DOWNLOAD: &str = "\u{E20C}";
pub const DROP_HALF: &str = "\u{E566}";
pub const FILE: &str = "\u{E230}";
pub const FOLDER_OPEN: &str = "\u{E256}";
pub const HOURGLASS: &str = "\u{E2B2}";
pub const MAGNIFYING_GLASS: &str = "\u{E310}";
pub const PAUSE: &str = "\u{E39E}";
pub const PLAY: &str = "\u{E3D0}";
pub const QUESTION: &str = "\u{E3E8}";
pub const SIDEBAR: &str = "\u{EC24}";
pub const SIGN_OUT: &str = "\u{E42A}";
pub const SKIP_FORWARD: &str = "\u{E5A6}";
pub const STOP: &str = "\u{E46C}";
pub const WARNING: &str = "\u{E4E0}";
pub const X: &str = "\u{E4F6}";
