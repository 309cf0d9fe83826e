//! Choices, to and from the numbers that cross.

use provost_plugin_abi::v1;

use crate::{ErrorKind, Level, Purpose};

pub(super) fn error_number(kind: ErrorKind) -> v1::ErrorKind {
    match kind {
        ErrorKind::Configuration => v1::ErrorKind::CONFIGURATION,
        ErrorKind::NotFound => v1::ErrorKind::NOT_FOUND,
        ErrorKind::Denied => v1::ErrorKind::DENIED,
        ErrorKind::Unavailable => v1::ErrorKind::UNAVAILABLE,
        ErrorKind::Throttled => v1::ErrorKind::THROTTLED,
        ErrorKind::Rejected => v1::ErrorKind::REJECTED,
        ErrorKind::Unsupported => v1::ErrorKind::UNSUPPORTED,
        ErrorKind::Internal => v1::ErrorKind::INTERNAL,
    }
}

/// A number that this side does not know is [`ErrorKind::Internal`].
pub(super) fn error_kind(number: v1::ErrorKind) -> ErrorKind {
    match number {
        v1::ErrorKind::CONFIGURATION => ErrorKind::Configuration,
        v1::ErrorKind::NOT_FOUND => ErrorKind::NotFound,
        v1::ErrorKind::DENIED => ErrorKind::Denied,
        v1::ErrorKind::UNAVAILABLE => ErrorKind::Unavailable,
        v1::ErrorKind::THROTTLED => ErrorKind::Throttled,
        v1::ErrorKind::REJECTED => ErrorKind::Rejected,
        v1::ErrorKind::UNSUPPORTED => ErrorKind::Unsupported,
        _ => ErrorKind::Internal,
    }
}

pub(super) fn purpose_number(purpose: Purpose) -> v1::Purpose {
    match purpose {
        Purpose::ObjectStore => v1::Purpose::OBJECT_STORE,
        Purpose::LocalDisk => v1::Purpose::LOCAL_DISK,
    }
}

/// None for a purpose that this library was not built to know.
pub(super) fn purpose(number: v1::Purpose) -> Option<Purpose> {
    match number {
        v1::Purpose::OBJECT_STORE => Some(Purpose::ObjectStore),
        v1::Purpose::LOCAL_DISK => Some(Purpose::LocalDisk),
        _ => None,
    }
}

pub(super) fn level_number(level: Level) -> v1::LogLevel {
    match level {
        Level::Debug => v1::LogLevel::DEBUG,
        Level::Info => v1::LogLevel::INFO,
        Level::Warn => v1::LogLevel::WARN,
        Level::Error => v1::LogLevel::ERROR,
    }
}

/// A number that this side does not know is [`Level::Error`].
pub(crate) fn level(number: v1::LogLevel) -> Level {
    match number {
        v1::LogLevel::DEBUG => Level::Debug,
        v1::LogLevel::INFO => Level::Info,
        v1::LogLevel::WARN => Level::Warn,
        _ => Level::Error,
    }
}
