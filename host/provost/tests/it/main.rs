//! The tests of the host and its command, in one binary.

mod answers;
mod crashes;
mod description;
mod flips;
mod keys;
mod loading;
mod log;
mod proof;
mod reading;
mod release;
mod rig;
mod rotation;
mod secrets;
mod transcript;
mod writing;
