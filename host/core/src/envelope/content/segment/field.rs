//! The field of GHASH, in the form in which RFC 8452 (POLYVAL) has it.
//!
//! A block is its big-endian number. Multiplying is `dot(a, b) = a * b * x^-128` modulo
//! `x^128 + x^127 + x^126 + x^121 + 1`, in constant time.

use polyval::hazmat::FieldElement;

/// The product as POLYVAL defines it, RFC 8452, section 3.
pub(super) fn dot(a: u128, b: u128) -> u128 {
    (FieldElement::from(a) * FieldElement::from(b)).into()
}

/// The hash key as `dot` takes it, from AES of the zero block: RFC 8452, appendix A.
pub(super) fn hash_key(block: u128) -> u128 {
    const CARRIED: u128 = (1 << 127) | (1 << 126) | (1 << 121) | 1;
    // Without a branch: the block is secret.
    (block << 1) ^ ((block >> 127).wrapping_neg() & CARRIED)
}

/// `h` multiplied with itself, so that `n` of it are in the product. `n`, which is no secret, is at
/// least 1.
pub(super) fn power(h: u128, n: u128) -> u128 {
    let mut product = None;
    let (mut square, mut left) = (h, n);
    while left > 0 {
        if left & 1 == 1 {
            product = Some(product.map_or(square, |product| dot(product, square)));
        }
        left >>= 1;
        if left > 0 {
            square = dot(square, square);
        }
    }
    product.unwrap_or(h)
}

/// What undoes a multiplication by `h`: `dot(dot(a, h), inverse(h))` is `a`. Of zero it is zero.
pub(super) fn inverse(h: u128) -> u128 {
    power(h, u128::MAX - 1)
}
