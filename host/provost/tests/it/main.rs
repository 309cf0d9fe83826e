//! The tests of the host and its command, in one binary.

mod transcript;
