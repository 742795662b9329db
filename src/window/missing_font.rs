//! Letters that no font has. Those of other scripts than ours come from the system's fonts, which the windowing library finds by
//! itself; where there is none of them either, names are boxes, and that is said once.

use eframe::egui::{Context, FallbackRequest, FontInsert};
use std::sync::{Arc, OnceLock};

pub struct MissingFont {
    /// The first letter that was missed.
    letter: Arc<OnceLock<char>>,
    is_said: bool,
}

impl MissingFont {
    /// Is asked after all others that know fonts. It may not ask for a frame: the window's state is locked meanwhile.
    pub fn watch(ctx: &Context) -> Self {
        let letter = Arc::new(OnceLock::new());
        let missed = letter.clone();
        ctx.add_font_provider(Arc::new(move |request: &FallbackRequest<'_>| -> Option<FontInsert> {
            let letter = request.cluster.chars().next().filter(|c| c.is_alphabetic())?;
            let _ = missed.set(letter);
            None
        }));
        Self { letter, is_said: false }
    }

    /// What is to be said now.
    pub fn news(&mut self) -> Option<String> {
        let letter = self.letter.get()?;
        (!std::mem::replace(&mut self.is_said, true)).then(|| words(*letter))
    }
}

fn words(letter: char) -> String {
    // From the radicals of Han to the syllables of Hangul, and the planes of rare ideographs.
    let is_east_asian = matches!(letter, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{d7ff}' | '\u{20000}'..='\u{3ffff}');
    let package = if is_east_asian { "fonts-noto-cjk" } else { "fonts-noto-core" };
    let on_debian = if cfg!(target_os = "linux") { format!(" (on Debian: apt-get install {package})") } else { String::new() };
    format!("Letters that no font here has are shown as boxes: install one{on_debian}, then start the window anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_package_has_the_letter() {
        for (letter, package) in
            [('山', "noto-cjk"), ('か', "noto-cjk"), ('폐', "noto-cjk"), ('ع', "noto-core"), ('ก', "noto-core")]
        {
            assert!(words(letter).contains(package), "{letter}");
        }
    }
}
