//! Text, lists and options with a fixed layout.

use abi_stable::StableAbi;
use abi_stable::std_types::{ROption, RSlice, RStr, RVec};

/// Borrowed text, host to library: valid UTF-8, for the length of a call.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct Str<'a>(RStr<'a>);

impl<'a> Str<'a> {
    /// The text.
    #[inline]
    pub fn as_str(&self) -> &'a str {
        self.0.as_str()
    }
}

impl<'a> From<&'a str> for Str<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(RStr::from_str(text))
    }
}

/// A borrowed list, host to library, for the length of a call.
#[repr(transparent)]
#[derive(StableAbi)]
pub struct Slice<'a, T>(RSlice<'a, T>);

impl<T> Clone for Slice<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Slice<'_, T> {}

impl<'a, T> Slice<'a, T> {
    /// The elements.
    #[inline]
    pub fn as_slice(&self) -> &'a [T] {
        self.0.as_slice()
    }
}

impl<'a, T> From<&'a [T]> for Slice<'a, T> {
    #[inline]
    fn from(elements: &'a [T]) -> Self {
        Self(RSlice::from_slice(elements))
    }
}

/// Owned text, library to host: bytes, until the host has found them to be UTF-8.
#[repr(transparent)]
#[derive(StableAbi)]
pub struct Text(RVec<u8>);

impl Text {
    /// The bytes, whatever they are.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// A copy of the bytes, in memory of this side's allocator: cheaper than finding out whether
    /// they are already in it.
    #[inline]
    pub fn to_vec(&self) -> Vec<u8> {
        self.0.as_slice().to_vec()
    }
}

impl From<String> for Text {
    #[inline]
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

/// Any bytes: this is how they look to whoever receives them.
impl From<Vec<u8>> for Text {
    #[inline]
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

/// An owned list, library to host.
#[repr(transparent)]
#[derive(StableAbi)]
pub struct List<T>(RVec<T>);

impl<T> List<T> {
    /// The elements.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        self.0.as_slice()
    }

    /// The elements, in memory of this side's allocator.
    #[inline]
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.0.as_slice().to_vec()
    }

    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> From<Vec<T>> for List<T> {
    #[inline]
    fn from(elements: Vec<T>) -> Self {
        Self(elements.into())
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[inline]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter(self.0.into_iter())
    }
}

/// The elements of a [`List`], moved out one by one.
pub struct IntoIter<T>(abi_stable::std_types::vec::IntoIter<T>);

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// A value, or none.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
pub struct Maybe<T>(ROption<T>);

impl<T> Maybe<T> {
    /// The value, as an option of this side.
    #[inline]
    pub fn into_option(self) -> Option<T> {
        self.0.into_option()
    }
}

impl<T> From<Option<T>> for Maybe<T> {
    #[inline]
    fn from(value: Option<T>) -> Self {
        Self(value.into())
    }
}
