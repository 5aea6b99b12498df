//! Texts and pieces of JSON that have broken other programs, such as those of the big list of
//! naughty strings and JSONTestSuite, chosen for the layers between the socket and the disk.

/// Short texts of different kinds.
const SHORT: [&str; 98] = [
    // Empty or invisible.
    "",
    " ",
    "   ",
    "\t",
    "\u{3000}",
    "\u{a0}\u{2003}",
    "\u{200b}",
    "\u{200c}\u{200d}",
    "\u{2060}",
    "\u{feff}",
    "\u{feff}nora",
    "\u{ad}",
    "\u{3164}",
    // Control characters and ends of lines.
    "\0",
    "a\0b",
    "\u{1}\u{2}\u{7f}",
    "\u{8}\u{c}",
    "\u{1b}[31mred\u{1b}[0m",
    "\r\n",
    "a\nb",
    "a\rb",
    "a\u{85}b",
    "a\u{2028}b\u{2029}c",
    "x\r\nSet-Cookie: session=0",
    "x\r\n\r\nHTTP/1.1 200 OK",
    "x\n2026-01-01T00:00:00Z ERROR a line",
    // Quotes and escapes.
    "'",
    "\"",
    "''",
    "\"\"",
    "`",
    "\\",
    "\\\\",
    "\\\"",
    "\\u0000",
    "\\n",
    "'\"\\/`",
    "{\"a\":1}",
    "\"},\"status\":0,\"x\":{\"",
    "</script>",
    // SQL, LIKE, full text.
    "' OR 1=1 --",
    "'; DROP TABLE account; --",
    "1; SELECT 1",
    "\" OR \"\"=\"",
    "') UNION SELECT 1 --",
    "%",
    "_",
    "%%__",
    "!%!_!!",
    "\\%",
    "$1",
    "?1",
    ":name",
    "NEAR(a b)",
    "a* OR b*",
    "\"a",
    "NULL",
    // Pages, formats, shells, paths.
    "<script>alert(1)</script>",
    "<img src=x onerror=a()>",
    "javascript:alert(1)",
    "&lt;b&gt;&#0;",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "%s%n%x%d",
    "{0}{}",
    "$(reboot)",
    "; ls | cat",
    "../../etc/passwd",
    "..\\..\\x",
    "/dev/null",
    "file:///etc/passwd",
    "%00",
    "%0d%0a",
    "%2e%2e%2f",
    "%",
    "%zz",
    "a+b&c=d;e",
    "#?",
    // Scripts of the world.
    "e\u{301}",
    "Z\u{351}\u{36b}\u{343}a\u{322}\u{317}l\u{313}g\u{33f}o",
    "\u{202e}evil\u{202c}",
    "\u{2066}a\u{2069}",
    "مرحبا",
    "שלום",
    "社會科學院",
    "ﾊﾝｶｸ",
    "İıſKß",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈🇺🇳",
    "𝒳\u{10ffff}",
    "\u{fffd}\u{ffff}\u{fdd0}",
    // Numbers and words with a special meaning.
    "-1",
    "9223372036854775808",
    "1e400",
    "NaN",
    "١٢٣",
    "０１２",
    "undefined",
];

/// All difficult texts, including the long ones.
pub fn texts() -> Vec<String> {
    let mut texts: Vec<String> = SHORT.map(str::to_owned).into();
    texts.extend(["x".repeat(33), "长".repeat(501), "😀".repeat(1025)]);
    texts.extend(["e\u{301}".repeat(6000), "%".repeat(257), "'".repeat(20_000), "9".repeat(400)]);
    texts
}

/// Odd JSON values, and values that are not valid JSON.
pub fn values() -> Vec<Vec<u8>> {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat().into_bytes();
    let maps = |depth: usize| ["{\"a\":".repeat(depth), "1".into(), "}".repeat(depth)].concat();
    let plain: [&[u8]; 57] = [
        // Every other type, and the borders of numbers.
        b"null",
        b"true",
        b"false",
        b"0",
        b"-0",
        b"-1",
        b"0.1",
        b"1.0",
        b"-0.0",
        b"1e2",
        b"1E-400",
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"100000000000000000000000000000000",
        b"1e400",
        b"-1e400",
        b"{}",
        b"[]",
        b"[1,10]",
        b"[\"\"]",
        b"[null]",
        b"[9223372036854775807,-9223372036854775808]",
        b"{\"\":\"\"}",
        b"{\"a\":1,\"a\":2}",
        b"{\"$ne\":null}",
        b"{\"__proto__\":1}",
        // Escapes: NUL, surrogate pairs, lone surrogates, invalid ones.
        b"\"\\u0000\"",
        b"\"\\ud83d\\ude00\"",
        b"\"\\ud800\"",
        b"\"\\udc00\\ud800\"",
        b"\"\\ud800\\ud800\"",
        b"\"\\ud83dx\"",
        b"\"\\u12\"",
        b"\"\\x41\"",
        b"\"\\\"",
        // Invalid UTF-8: truncated, overlong, a surrogate, past the last code point.
        b"\"\xff\"",
        b"\"\xe4\xbd\"",
        b"\"\xc0\xaf\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\t\"",
        b"\"\n\"",
        b"\"\0\"",
        // No JSON.
        b"",
        b"NaN",
        b"Infinity",
        b"-",
        b"+1",
        b"01",
        b"1.",
        b".5",
        b"'x'",
        b"[1,]",
        b"/**/1",
        b"\"x",
        b"\xef\xbb\xbf1",
    ];
    let mut values: Vec<Vec<u8>> = plain.map(<[u8]>::to_vec).into();
    values.extend([nested(100), nested(200), nested(100_000), maps(100).into(), maps(5000).into()]);
    values.push([b"\"".as_slice(), &b"\\u0041".repeat(20_000), b"\""].concat());
    values.push(b"1".repeat(20_000));
    values
}
