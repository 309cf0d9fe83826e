//! Times as people read them.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Seconds since 1970 as RFC 3339, UTC: `2027-01-31T12:00:00Z`.
pub fn moment(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let text = time.and_then(|time| time.format(&Rfc3339).ok());
    text.unwrap_or_else(|| format!("{seconds} seconds since 1970"))
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn the_times_of_certificates_can_be_written() {
        assert_eq!(moment(0), "1970-01-01T00:00:00Z");
        assert_eq!(moment(-86_400), "1969-12-31T00:00:00Z");
        // The end of certificates that do not end (RFC 5280, section 4.1.2.5).
        assert_eq!(moment(253_402_300_799), "9999-12-31T23:59:59Z");
        assert_eq!(moment(i64::MAX), "9223372036854775807 seconds since 1970");
    }
}
