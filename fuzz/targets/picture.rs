//! Any bytes are a picture of a known kind within the limits, or are refused.

#![no_main]

use engine::image_check::{ImageKind, accept, from_base64};
use libfuzzer_sys::fuzz_target;

/// The default of `portrait.max_bytes`.
const MOST: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((kind, kept)) = accept(bytes, None, MOST) {
        assert_eq!(ImageKind::sniff(bytes), Some(kind));
        // The stored bytes are a picture again, with no metadata left to remove.
        let (_, again) = accept(&kept, Some(kind), kept.len()).expect("it was accepted");
        assert_eq!(again, kept);
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(decoded) = from_base64(text, MOST)
    {
        let _ = accept(&decoded, None, MOST);
    }
});
