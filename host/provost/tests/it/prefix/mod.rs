//! The verbs that work on whole prefixes, as a user runs them.

mod folders;
mod hostile;
mod interrupted;
mod legacy;
mod looking;
mod progress;
mod reencrypting;
mod rewrapping;
mod shop;
