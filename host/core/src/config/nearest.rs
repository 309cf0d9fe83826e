//! "Did you mean".

/// How alike two names have to be, from 0 to 1 by Jaro and Winkler.
const ALIKE: f64 = 0.8;

/// The one of `names` that `found` was probably meant to be, if one is alike.
pub fn nearest<'n>(found: &str, names: &[&'n str]) -> Option<&'n str> {
    // Long texts are no slips of the pen, and comparing them costs.
    if found.len() > 256 {
        return None;
    }
    let found = found.to_lowercase();
    names
        .iter()
        .map(|name| (strsim::jaro_winkler(&found, &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}
