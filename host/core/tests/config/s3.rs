//! `[s3]`.

use std::time::Duration;

use crate::{assert_has, clean, host, one_error};

#[test]
fn a_request_has_five_minutes_unless_it_is_set() {
    let timeout = |text| *clean(host(text)).s3.timeout.get();
    assert_eq!(timeout(""), Duration::from_mins(5));
    assert_eq!(timeout("[s3]\npath_style = true\n"), Duration::from_mins(5));
    assert_eq!(
        timeout("[s3]\ntimeout = \"20s\"\n"),
        Duration::from_secs(20)
    );
    for (wrong, words) in [
        ("\"999ms\"", "not between 1s and 1h"),
        ("\"61m\"", "not between 1s and 1h"),
        ("\"soon\"", "duration"),
        ("30", "timeout"),
    ] {
        let error = one_error(host(&format!("[s3]\ntimeout = {wrong}\n")));
        assert_has(error.message(), words);
    }
}
