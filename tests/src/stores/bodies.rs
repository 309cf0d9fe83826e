//! Bodies of all sizes, whole and in part.

use bytes::Bytes;
use provost::store::{Metadata, ObjectPrefix, ObjectStore, ObjectStoreExt, ObjectUri, StoreError};

use super::{object, pattern};

async fn read_in_steps(store: &dyn ObjectStore, uri: &ObjectUri, step: usize) -> Vec<u8> {
    let mut opened = store.get(uri).await.expect("get");
    let (mut buffer, mut body) = (vec![0xEE; step], Vec::new());
    loop {
        let got;
        (buffer, got) = opened.body.read(buffer).await.expect("read");
        assert_eq!(
            buffer.len(),
            step,
            "the buffer comes back as long as it was"
        );
        body.extend_from_slice(&buffer[..got]);
        if got < step {
            let (_, after) = opened
                .body
                .read(vec![0; 10])
                .await
                .expect("read after the end");
            assert_eq!(after, 0, "nothing comes after the end");
            return body;
        }
    }
}

/// An object may have no bytes at all.
pub async fn empty_body(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let writer = store.put(&uri, Metadata::new()).await.expect("begin a put");
    writer.finish().await.expect("finish");
    assert_eq!(read_in_steps(store, &uri, 10).await, b"");
}

/// A body larger than any part or buffer, written in uneven pieces, comes back whole.
pub async fn large_streamed_body(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let body = Bytes::from(pattern(21 * 1_000_003));
    let mut writer = store.put(&uri, Metadata::new()).await.expect("begin a put");
    let mut rest = body.clone();
    for size in [0, 1, 15, 1 << 20, 8 << 20, (1 << 20) + 1]
        .into_iter()
        .cycle()
    {
        if rest.is_empty() {
            break;
        }
        let chunk = rest.split_to(size.min(rest.len()));
        writer.write(chunk).await.expect("write");
    }
    let info = writer.finish().await.expect("finish");
    assert_eq!(info.size, body.len() as u64);
    assert_eq!(store.head(&uri).await.expect("head").info.size, info.size);
    assert!(
        read_in_steps(store, &uri, 1 << 20).await == body,
        "the body changed"
    );
}

/// However a reader steps through a body, it is the same body.
pub async fn reading_in_any_step_gives_the_same_body(
    store: &dyn ObjectStore,
    under: &ObjectPrefix,
) {
    let uri = object(under, "object");
    let body = pattern(1000);
    store
        .put_bytes(&uri, Metadata::new(), body.clone().into())
        .await
        .expect("put");
    for step in [1, 7, 16, 500, 999, 1000, 1001] {
        assert_eq!(
            read_in_steps(store, &uri, step).await,
            body,
            "in steps of {step}"
        );
    }
    let too_large = store
        .get_bytes(&uri, 999)
        .await
        .expect_err("a limit is kept");
    assert!(
        matches!(too_large, StoreError::BodyLength { got: 1000, .. }),
        "{too_large}"
    );
}

/// A range gives its bytes and no others, and the size of the whole.
pub async fn exact_ranges(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    let body = pattern(1000);
    store
        .put_bytes(&uri, Metadata::new(), body.clone().into())
        .await
        .expect("put");
    for (start, end) in [(0, 1), (0, 1000), (999, 1000), (16, 32), (1, 999)] {
        let range = start as u64..end as u64;
        let mut part = store.get_range(&uri, range).await.expect("get_range");
        assert_eq!(part.head.info.size, 1000, "the size of the whole");
        let (buffer, got) = part.body.read(vec![0; 2000]).await.expect("read");
        assert_eq!(buffer[..got], body[start..end], "{start}..{end}");
    }
}

/// A range that is empty, inverted or reaches outside the body is an error, not something else.
pub async fn ranges_outside_are_refused(store: &dyn ObjectStore, under: &ObjectPrefix) {
    let uri = object(under, "object");
    store
        .put_bytes(&uri, Metadata::new(), pattern(10).into())
        .await
        .expect("put");
    for (start, end) in [
        (0, 11),
        (10, 11),
        (5, 5),
        (7, 3),
        (0, u64::MAX),
        (u64::MAX, u64::MAX),
    ] {
        let asked = store.get_range(&uri, start..end).await;
        let refused = asked.map(|_| ()).expect_err("a range outside the body");
        assert!(
            matches!(refused, StoreError::Range { size: 10, .. }),
            "{start}..{end}: {refused}"
        );
    }
}
