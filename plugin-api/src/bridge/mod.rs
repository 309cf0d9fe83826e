//! Between the author's types and what crosses to and from a library.
//!
//! [`ask`] and [`receive`] are the host's half: requests lent out, answers checked.
//! [`asked`] and [`answer`] are the library's half: requests taken up, answers handed over.
//! [`class`] puts a provider behind the library's half; [`spare`] keeps its memory between calls.

// An error crosses by value, beside a success that is larger.
#![allow(clippy::result_large_err)]

mod answer;
mod ask;
mod asked;
mod class;
mod few;
mod kinds;
mod receive;
mod spare;

pub(crate) use ask::{CallLoan, ContextLoan, DescriptionLoan};
pub(crate) use class::{MaterialsClass, TlsClass};
pub(crate) use kinds::level;
pub(crate) use receive::{
    Malformed, candidates, error, generated, materials, status, text, tls, unwrapped, wrapped,
};
