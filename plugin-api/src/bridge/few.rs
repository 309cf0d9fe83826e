//! A short list without an allocation.

/// Up to four elements in place, more on the heap: requests rarely have more.
pub(super) enum Few<T> {
    None,
    Inline([T; 4], usize),
    Heap(Vec<T>),
}

impl<T: Copy> Few<T> {
    /// The elements of `source`; `filler` stands where there are none.
    pub(super) fn collect(source: impl ExactSizeIterator<Item = T>, filler: T) -> Self {
        match source.len() {
            0 => return Self::None,
            1..=4 => {}
            _ => return Self::Heap(source.collect()),
        }
        let mut inline = [filler; 4];
        let mut count = 0;
        for (slot, element) in inline.iter_mut().zip(source) {
            *slot = element;
            count += 1;
        }
        Self::Inline(inline, count)
    }

    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::None => &[],
            Self::Inline(elements, count) => elements.get(..*count).unwrap_or_default(),
            Self::Heap(elements) => elements,
        }
    }
}
