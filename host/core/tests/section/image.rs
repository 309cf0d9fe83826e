//! Libraries whose program headers show the dynamic linker other bytes than the file's.

use super::{honest, refused, section_at};
use provost_core::section::{LibraryFacts, SectionError};

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PAGE: u64 = 0x1000;

// Where the fields of a program header are.
const OFFSET: usize = 8;
const ADDRESS: usize = 16;
const IN_FILE: usize = 32;
const IN_MEMORY: usize = 40;
const ALIGN: usize = 48;

/// A library under change.
struct Doctored(Vec<u8>);

impl Doctored {
    fn new() -> Self {
        Self(honest().to_vec())
    }

    fn number(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    fn at(&self, segment: usize) -> usize {
        usize::try_from(self.number(32)).unwrap() + 56 * segment
    }

    fn kind(&self, segment: usize) -> u32 {
        let at = self.at(segment);
        u32::from_le_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn segments(&self, kind: u32) -> Vec<usize> {
        let all = 0..usize::from(self.0[56]);
        all.filter(|segment| self.kind(*segment) == kind).collect()
    }

    fn dynamic(&self) -> usize {
        self.segments(PT_DYNAMIC)[0]
    }

    fn get(&self, segment: usize, field: usize) -> u64 {
        self.number(self.at(segment) + field)
    }

    fn set(&mut self, segment: usize, field: usize, value: u64) {
        let at = self.at(segment) + field;
        self.0[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }

    /// Makes the last header, which only says something of the stack or of read-only data, a
    /// segment that is mapped after all others.
    fn load(&mut self, address: u64, offset: u64) -> usize {
        let last = usize::from(self.0[56]) - 1;
        assert!(last > self.dynamic());
        let at = self.at(last);
        self.0[at..at + 4].copy_from_slice(&PT_LOAD.to_le_bytes());
        for (field, value) in [(OFFSET, offset), (ADDRESS, address), (ALIGN, PAGE)] {
            self.set(last, field, value);
        }
        self.set(last, IN_FILE, 16);
        self.set(last, IN_MEMORY, 16);
        last
    }

    /// Ends the segment that holds the dynamic table right behind that; says where.
    fn end_behind_dynamic(&mut self) -> u64 {
        let end = self.get(self.dynamic(), ADDRESS) + self.get(self.dynamic(), IN_FILE);
        assert_ne!(end % PAGE, 0, "the rest of the page is needed");
        let home = *self.segments(PT_LOAD).last().unwrap();
        let size = end - self.get(home, ADDRESS);
        self.set(home, IN_FILE, size);
        self.set(home, IN_MEMORY, size);
        end
    }

    fn reason(&self) -> (&'static str, String) {
        match refused(&self.0) {
            SectionError::Malformed { what, reason } => (what, reason),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_dynamic_table_that_is_mapped_from_elsewhere_is_refused() {
    // A second table, with other needed libraries, could be where the section is.
    let mut library = Doctored::new();
    let (dynamic, offset) = (library.dynamic(), library.get(library.dynamic(), OFFSET));
    let elsewhere = section_at(honest()) as u64;
    library.set(dynamic, ADDRESS, elsewhere);
    let reason = format!(
        "it is at file offset {offset:#x}, and its address {elsewhere:#x} at {elsewhere:#x}"
    );
    assert_eq!(library.reason(), ("dynamic segment", reason));

    library.set(dynamic, ADDRESS, 1 << 40);
    let (_, reason) = library.reason();
    assert_eq!(reason, "the dynamic segment is outside every segment");
}

#[test]
fn a_second_dynamic_table_is_refused() {
    let mut library = Doctored::new();
    let last = library.load(0, 0);
    let at = library.at(last);
    library.0[at..at + 4].copy_from_slice(&PT_DYNAMIC.to_le_bytes());
    let reason = "there is more than one dynamic segment".to_owned();
    assert_eq!(library.reason(), ("dynamic segment", reason));
}

#[test]
fn a_dynamic_table_without_an_end_is_refused() {
    let mut library = Doctored::new();
    let (dynamic, start) = (library.dynamic(), library.get(library.dynamic(), OFFSET));
    let start = usize::try_from(start).unwrap();
    let last = (0..64_u16).find(|entry| library.number(start + usize::from(*entry) * 16) == 0);
    library.set(dynamic, IN_FILE, u64::from(last.unwrap()) * 16);
    let reason = "it has no last entry (DT_NULL)".to_owned();
    assert_eq!(library.reason(), ("dynamic segment", reason));
}

#[test]
fn segments_that_overlap_or_are_not_sorted_are_refused() {
    for in_page in [true, false] {
        let mut library = Doctored::new();
        let before = *library.segments(PT_LOAD).last().unwrap();
        let table = library.get(library.dynamic(), ADDRESS);
        let address = if in_page { table } else { 0 };
        let last = library.load(address, address % PAGE);
        let end = library.get(before, ADDRESS) + library.get(before, IN_MEMORY);
        let reason = format!(
            "segment {last} starts at address {address:#x}, before segment {before} ends at {end:#x}"
        );
        assert_eq!(library.reason(), ("program headers", reason));
    }
}

#[test]
fn a_page_of_the_dynamic_table_that_is_mapped_over_is_refused() {
    let mut library = Doctored::new();
    let end = library.end_behind_dynamic();
    let last = library.load(end, end % PAGE);
    let reason =
        format!("the dynamic segment shares a page of {PAGE:#x} bytes with segment {last}");
    assert_eq!(library.reason(), ("program headers", reason));

    // The same page of the file once more is what was there.
    let dynamic = library.dynamic();
    let shift = library.get(dynamic, ADDRESS) - library.get(dynamic, OFFSET);
    library.set(last, OFFSET, end - shift);
    LibraryFacts::read(&library.0).unwrap();
}

#[test]
fn a_page_of_the_string_table_that_is_mapped_over_is_refused() {
    let mut library = Doctored::new();
    let (first, second) = (library.segments(PT_LOAD)[0], library.segments(PT_LOAD)[1]);
    let end = library.get(first, IN_MEMORY);
    assert!(end < PAGE && library.get(first, ADDRESS) == 0);
    // The second segment starts on the page on which the first one ends.
    library.set(second, ADDRESS, end);
    library.set(second, OFFSET, PAGE + end);
    library.set(second, IN_FILE, 16);
    library.set(second, IN_MEMORY, 16);
    let reason =
        format!("the dynamic string table shares a page of {PAGE:#x} bytes with segment {second}");
    assert_eq!(library.reason(), ("program headers", reason));
}

#[test]
fn a_segment_that_no_page_can_hold_is_refused() {
    let last = |library: &Doctored| *library.segments(PT_LOAD).last().unwrap();
    let mut library = Doctored::new();
    let segment = last(&library);
    library.set(segment, ALIGN, 0x800);
    let reason =
        format!("segment {segment} is aligned to 0x800, expected a power of two from 0x1000");
    assert_eq!(library.reason(), ("program headers", reason));

    let mut library = Doctored::new();
    let (address, offset) = (library.get(segment, ADDRESS), library.get(segment, OFFSET));
    library.set(segment, OFFSET, offset - 8);
    let reason = format!(
        "segment {segment} is at address {address:#x} and file offset {:#x}, which differ in an alignment of 0x1000",
        offset - 8
    );
    assert_eq!(library.reason(), ("program headers", reason));

    let mut library = Doctored::new();
    library.set(segment, IN_MEMORY, u64::MAX);
    let reason = format!("segment {segment} ends outside the address space");
    assert_eq!(library.reason(), ("program headers", reason));
}

#[test]
fn program_headers_that_are_counted_elsewhere_are_refused() {
    // A table of 65535 entries needs room; the honest one is far too short for it.
    let mut library = Doctored::new();
    library.0.resize(library.0.len() + 56 * 0x1_0000, 0);
    library.0[56..58].fill(0xff);
    let reason = "there are 65535 or more".to_owned();
    assert_eq!(library.reason(), ("program headers", reason));
}
