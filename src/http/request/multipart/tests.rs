use super::*;
use proptest::prelude::*;

/// The parts of a body in pieces of `size` bytes.
fn read(body: &[u8], boundary: &[u8], size: usize) -> Result<Vec<(String, Part)>, MultipartError> {
    let mut reader = Reader::new(boundary, |_: &str| true);
    body.chunks(size.max(1)).try_for_each(|piece| reader.push(piece))?;
    reader.finish()
}

/// The only part of a body with this part header and content.
fn part(head: &[u8], content: &[u8]) -> Option<(String, Part)> {
    let body = [b"--b\r\n", head, b"\r\n\r\n", content, b"\r\n--b--\r\n"].concat();
    let mut parts = read(&body, b"b", body.len()).unwrap();
    assert!(parts.len() < 2, "{:?}", String::from_utf8_lossy(head));
    parts.pop()
}

fn file(content: &'static [u8]) -> Part {
    Part::File(Bytes::from_static(content))
}

#[test]
fn part_headers_of_real_clients_are_understood() {
    // Each head is of a file in the field `file`. The reports are of servers that did not see it.
    for head in [
        &b"Content-Disposition: form-data; name=\"file\"; filename=\"a.png\""[..],
        // GBK: a name in bytes that are not UTF-8, its last byte a backslash.
        b"Content-Disposition: form-data; name=\"file\"; filename=\"\xcd\xb7\xcf\xf1.png\"",
        b"Content-Disposition: form-data; filename=\"\xd5\x5c\"; name=\"file\"",
        // yesodweb/wai#1037, playframework/playframework#1196: a semicolon in the name.
        b"Content-Disposition: form-data; name=\"file\"; filename=\"semi; colon;\"",
        b"Content-Disposition: form-data; filename=\"x; name=\\\"no\\\"; y\"; name=\"file\"",
        b"Content-Disposition: form-data; filename=\"my name.png\"; name=\"file\"",
        b"Content-Disposition: form-data; filename=\"name=no; filename=no\"; name=file",
        // yhirose/cpp-httplib#2568: an equals sign in it.
        b"Content-Disposition: form-data; filename=\"report=v2.pdf\"; name=\"file\"",
        // node-formidable/formidable#86: an escaped quotation mark before a semicolon.
        b"Content-Disposition: form-data; filename=\"b'e\\\";e.JPG\"; name=\"file\"",
        // whatwg/html#7575: what browsers escape, and what looks so.
        b"Content-Disposition: form-data; name=\"file\"; filename=\"a%22b%0D%0A100%0Apple\"",
        // Http-Multipart-Data-Parser/HttpMultipartParser#10: a path, its backslashes as they are.
        b"Content-Disposition: form-data; filename=\"C:\\test\\\"; name=\"file\"",
        b"Content-Disposition: form-data; name=\"file\"; filename=\"C:\\tmp\\a.png\"",
        // Nothing escaped at all.
        b"Content-Disposition: form-data; filename=\"a\"b.png\"; name=\"file\"",
        // oven-sh/bun#34363, pillarjs/multiparty#244: values without quotation marks.
        b"Content-Disposition: form-data; name=file; filename=test.jpg; filename*=utf-8''test.jpg",
        b"Content-Disposition: form-data; filename=my photo.png; name=file",
        // pillarjs/multiparty#31, ninenines/cowboy#1284: `filename*` alone.
        b"Content-Disposition: form-data; name=\"file\"; filename*=utf-8''%E7%8E%B0%E5%9C%BA",
        b"Content-Disposition: form-data; filename*=GBK''%CD%B7; name=\"file\"",
        // Mail's libraries (RFC 2231).
        b"Content-Disposition: form-data; name=file; filename*0=\"a\"; filename*1=\".png\"",
        // pallets/werkzeug#2422, spring-projects/spring-framework#34380: names in any case.
        b"content-disposition: form-data; name=\"file\"; fileName=\"sample.png\"",
        b"CONTENT-DISPOSITION: FORM-DATA; NAME=\"file\"; FILENAME=\"a.png\"",
        // White space wherever the grammar of mail lets it stand, and folded lines.
        b"Content-Disposition : form-data ;name = \"file\" ; filename\t=\t\"a.png\" ;",
        b"Content-Disposition: form-data;\r\n\tname=\"file\";\r\n filename=\"a.png\"",
        // A line end in the name, which some clients do not escape.
        b"Content-Disposition: form-data; filename=\"a\r\nb.png\"; name=\"file\"",
        // Other headers, before and behind; the first of two counts.
        b"X-A: b\r\nContent-Length: 3\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: binary\r\n\
          Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png",
        b"Content-Disposition: form-data; name=\"file\"; filename=a\r\n\
          Content-Disposition: form-data; name=\"no\"",
        b"Content-Disposition: form-data; name=\"file\"; name=\"no\"; filename=a; filename=\"\"",
        b"Content-Disposition: attachment; name=\"file\"; filename=\"a.png\"",
        b"Content-Disposition: form-data; name*=UTF-8'en'f%69le; filename=a",
        b"Content-Disposition: form-data; name='file'; filename='a.png'",
        // A file without a name, told by its type.
        b"Content-Disposition: form-data; name=\"file\"\r\nContent-Type: image/png",
        // mscdex/busboy#343 and #172: what other servers take for a file then.
        b"Content-Type: Application/Octet-Stream\r\nContent-Disposition: form-data; name=\"file\"",
        // A file name's parameter without a value, and an empty field name before the right one.
        b"Content-Disposition: form-data; name=\"file\"; filename",
        b"Content-Disposition: form-data; filename; name; name=\"\"; name=file",
        // No first word.
        b"Content-Disposition: name=\"file\"; filename=\"a.png\"",
        b"Content-Disposition: filename=a;name=file",
        // An empty name with bytes.
        b"Content-Disposition: form-data; name=\"file\"; filename=\"\"",
    ] {
        let shown = String::from_utf8_lossy(head);
        assert_eq!(part(head, b"\x89PNG"), Some(("file".into(), file(b"\x89PNG"))), "{shown}");
    }
}

#[test]
fn text_and_unnamed_parts_are_not_files() {
    let text = |text: &[u8]| Some(("a\"b".to_owned(), Part::Text(text.to_vec())));
    for head in [
        &b"Content-Disposition: form-data; name=\"a%22b\""[..],
        b"Content-Disposition: form-data; name=\"a\\\"b\"",
        b"Content-Disposition: form-data; name=\"a%22b\"\r\nContent-Type: text/plain; charset=GBK",
        b"Content-Disposition: form-data; name=\"a%22b\"\r\nContent-Transfer-Encoding: 8bit",
        b"Content-Disposition: form-data; name=\"a%22b\"; notfilename=\"a\"; size=3",
    ] {
        assert_eq!(part(head, b"\xff x\r\n"), text(b"\xff x\r\n"));
    }
    for head in [
        &b""[..],
        b"Content-Type: image/png",
        b"Content-Disposition: form-data",
        b"Content-Disposition: form-data; filename=\"a.png\"",
        b"Content-Disposition: form-data; name",
        b"Content-Disposition: form-data; name=\"\xff\"",
        b"Content-Disposition form-data; name=\"file\"",
        b": form-data; name=\"file\"",
    ] {
        let empty_line = if head.is_empty() { "\n" } else { "\n\n" };
        let body = [b"--b\n", head, empty_line.as_bytes(), b"x\n--b--"].concat();
        assert_eq!(read(&body, b"b", 99).unwrap(), [], "{:?}", String::from_utf8_lossy(head));
    }
    // mjackson/remix-the-web#59: no file was chosen.
    for head in
        ["name=\"file\"; filename=\"\"", "filename=; name=file", "name=file; filename*=\"\""]
    {
        let head = format!("Content-Disposition: form-data; {head}");
        assert_eq!(part(head.as_bytes(), b""), None, "{head}");
    }
}

#[test]
fn base64_part_is_decoded_only_if_declared() {
    let head =
        b"Content-Disposition: form-data; name=f; filename=a\r\nContent-Transfer-Encoding: BASE64";
    assert_eq!(part(head, b"aGVs\r\nbG8="), Some(("f".into(), file(b"hello"))));
    assert_eq!(part(head, b"\x89PNG"), Some(("f".into(), file(b"\x89PNG"))));
}

#[test]
fn multipart_is_split_with_any_line_ending() {
    let head = "Content-Disposition: form-data; name=\"a\"";
    let one = |content: &str| vec![("a".to_owned(), Part::Text(content.as_bytes().to_vec()))];
    let crlf = format!("--b\r\n{head}\r\n\r\n1\r\n--b--\r\n");
    for (body, expected) in [
        (crlf.clone(), one("1")),
        // mistweaverco/kulala-core#26: line ends without CR, everywhere or here and there.
        (crlf.replace('\r', ""), one("1")),
        (format!("--b\r\n{head}\n\n1\n--b--"), one("1")),
        (format!("--b\n{head}\r\n\r\n1\n--b--"), one("1")),
        (format!("--b\n{head}\n\n1\r\n--b--"), one("1\r")),
        // rwf2/multer#16: line ends before the first boundary. remix-run/remix#11759: a preamble.
        (format!("\r\n\r\n{crlf}"), one("1")),
        (format!("This is a message --b in parts.\r\n{crlf}"), one("1")),
        (format!("\u{feff}{crlf}"), one("1")),
        (format!("{crlf}epilogue\r\n--b\r\n{head}\r\n\r\n2\r\n--b--"), one("1")),
        // rwf2/multer#25: blanks behind the boundary.
        (crlf.replace("--b\r\n", "--b \t\r\n"), one("1")),
        (crlf.replace("--b--", "--b-- \t"), one("1")),
        // abonander/multipart#113: no line end at the end; and other ways to end.
        (crlf.trim_end().to_owned(), one("1")),
        (crlf.replace("--b--\r\n", "--b"), one("1")),
        (crlf.replace("--b--", "--b"), one("1")),
        // Contents that look like boundaries.
        (crlf.replace("1\r\n", "--b\r\n"), vec![("a".into(), Part::Text(vec![]))]),
        (crlf.replace("1\r\n", "x--b--\r\n--bc\r\n-- b\r\n"), one("x--b--\r\n--bc\r\n-- b")),
        (crlf.replace("1\r\n", "\r\n\r\n"), one("\r\n")),
        (crlf.replace("1\r\n", "\r\n"), one("")),
        (crlf.replace("1\r\n", ""), one("")),
        // No fields at all.
        ("--b--\r\n".into(), vec![]),
        ("".into(), vec![]),
        ("\r\n".into(), vec![]),
    ] {
        for size in [1, 2, 3, 7, 1000] {
            let shown = format!("{body:?} by {size}");
            match read(body.as_bytes(), b"b", size) {
                Ok(parts) if body.contains("--b\r\n\r\n") => drop(parts),
                Ok(parts) => assert_eq!(parts.first(), expected.first(), "{shown}"),
                // An empty part whose content is a boundary leaves a head that is none.
                Err(_) if body.contains("\r\n\r\n--b\r\n--b") => {}
                Err(broken) => panic!("{shown}: {broken}"),
            }
        }
    }
}

#[test]
fn truncated_multipart_is_reported() {
    let head = "--b\r\nContent-Disposition: form-data; name=\"a\"";
    for (body, broken) in [
        ("x".into(), MultipartError::Incomplete),
        ("--c\r\n--c--".into(), MultipartError::Incomplete),
        ("--b".to_owned() + "x--", MultipartError::Incomplete),
        (head.to_owned(), MultipartError::Incomplete),
        (format!("{head}\r\n"), MultipartError::Incomplete),
        (format!("{head}\r\n\r\n"), MultipartError::IncompletePart("a".into())),
        (format!("{head}\r\n\r\nx\r\n"), MultipartError::IncompletePart("a".into())),
        (format!("{head}\r\n\r\nx\r\n--"), MultipartError::IncompletePart("a".into())),
        (format!("{head}\r\n\r\nx\r\n--b-"), MultipartError::IncompletePart("a".into())),
        (format!("--b\r\nX: {}", "x".repeat(HEAD)), MultipartError::LongHead),
        (format!("--b\r\nX: {}\r\n\r\n", "x".repeat(HEAD)), MultipartError::LongHead),
        (format!("{head}\r\n\r\nx\r\n").repeat(PARTS + 1) + "--b--", MultipartError::ManyParts),
    ] {
        for size in [1, 3, 100_000] {
            assert_eq!(read(body.as_bytes(), b"b", size).as_ref(), Err(&broken), "{}", body.len());
        }
    }
    let most = format!("{head}\r\n\r\nx\r\n").repeat(PARTS) + "--b--";
    assert_eq!(read(most.as_bytes(), b"b", 50).unwrap().len(), PARTS);
}

#[test]
fn unwanted_parts_are_dropped_while_read() {
    let mut reader = Reader::new(b"b", |name: &str| name == "file");
    let head =
        |name| format!("--b\r\nContent-Disposition: form-data; name={name}; filename=a\r\n\r\n");
    reader.push(head("other").as_bytes()).unwrap();
    for _ in 0..1000 {
        reader.push(&[b'x'; 1000]).unwrap();
        assert!(reader.buffer.len() < 2000);
    }
    reader.push(b"\r\n").unwrap();
    reader.push(head("file").as_bytes()).unwrap();
    reader.push(b"abc\r\n--b--").unwrap();
    assert_eq!(reader.finish().unwrap(), [("file".to_owned(), file(b"abc"))]);
}

#[test]
fn many_quotation_marks_take_linear_time() {
    for name in ["\";a=\"b", "\\\";a=b", "\"; ", "\\\"", "\"", "\";a=b;a=\"c\""] {
        let names = name.repeat(HEAD / name.len() - 10);
        let head = format!("Content-Disposition: form-data; name=\"a\"; filename=\"{names}\" x");
        let began = std::time::Instant::now();
        for _ in 0..20 {
            Head::read(head.as_bytes());
        }
        // Some milliseconds; quadratic would be seconds.
        assert!(began.elapsed().as_secs() < 2, "{name}: {:?}", began.elapsed());
    }
}

/// A parameter's value as clients write it: quoted, escaped or bare.
fn written(style: usize, value: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in value {
        match (style, *byte) {
            // Browsers.
            (0, b'"') => text.extend(b"%22"),
            // curl.
            (1, b'"' | b'\\') => text.extend([b'\\', *byte]),
            // Older browsers.
            (2, b'"') => text.extend(b"\\\""),
            (_, byte) => text.push(byte),
        }
    }
    text.push(b'"');
    text
}

/// Text with many special characters.
fn odd_bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let odd = prop::sample::select(b"\"\\;= a\t%'-\x81\x5c\xff".to_vec());
    let any = any::<u8>().prop_filter("a line end ends a header", |byte| !b"\r\n".contains(byte));
    prop::collection::vec(prop_oneof![3 => odd, 1 => any], 0..most)
}

proptest! {
    #[test]
    fn any_file_name_yields_the_same_file(
        file_name in odd_bytes(24),
        style in 0usize..4,
        is_first: bool,
        cases in any::<[bool; 3]>(),
        name_style in 0usize..2,
        blank in prop::sample::select(vec!["", " ", "\t "]),
        size in 1usize..40,
    ) {
        let case = |text: &str, upper: bool| if upper { text.to_uppercase() } else { text.to_owned() };
        let value = match style {
            3 => {
                let plain = file_name.iter().filter(|byte| !b"\";".contains(byte));
                plain.copied().collect()
            }
            style => written(style, &file_name),
        };
        let file_name = [case("filename", cases[0]).as_bytes(), blank.as_bytes(), b"=", blank.as_bytes(), &value].concat();
        let name = if name_style == 0 { "\"file\"" } else { "file" };
        let name = format!("{}{blank}={blank}{name}", case("name", cases[1])).into_bytes();
        let (first, second) = if is_first { (file_name, name) } else { (name, file_name) };
        let disposition = case("Content-Disposition", cases[2]);
        let head = [
            disposition.as_bytes(), b": form-data;", blank.as_bytes(), &first,
            blank.as_bytes(), b";", &second,
        ].concat();
        let body = [b"--b\r\n", &*head, b"\r\n\r\nabc\r\n--b--\r\n"].concat();
        let parts = read(&body, b"b", size).unwrap();
        prop_assert_eq!(parts, [("file".to_owned(), file(b"abc"))], "{:?}", String::from_utf8_lossy(&head));
    }

    #[test]
    fn any_part_content_arrives_unchanged(
        content in prop::collection::vec(prop::sample::select(b"\r\n-b xX\0\xff".to_vec()), 0..60),
        boundary in "[a-zA-Z0-9'()+_,./:=?-]{1,20}X",
        is_crlf: bool,
        size in 1usize..30,
    ) {
        let text = String::from_utf8_lossy(&content).into_owned();
        prop_assume!(!text.contains(&boundary));
        let end = if is_crlf { "\r\n" } else { "\n" };
        let head = format!("--{boundary}{end}Content-Disposition: form-data; name=a; filename=b{end}{end}");
        let body = [head.as_bytes(), &content, format!("{end}--{boundary}--{end}").as_bytes()].concat();
        let parts = read(&body, boundary.as_bytes(), size).unwrap();
        prop_assert_eq!(parts, [("a".to_owned(), Part::File(content.into()))]);
    }

    #[test]
    fn any_bytes_parse_the_same_however_split(
        text in prop::collection::vec(prop::sample::select(b"\r\n\r\n--b:;=\"\\name".to_vec()), 0..200),
        size in 1usize..50,
    ) {
        let body = [b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n", &*text].concat();
        prop_assert_eq!(read(&body, b"b", size), read(&body, b"b", body.len()));
        let _ = Head::read(&text);
    }
}
