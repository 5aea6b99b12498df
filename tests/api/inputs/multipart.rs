//! Multipart bodies of browsers, phones and libraries (row M), to the paths that take a picture.

use crate::common::Server;
use crate::common::web::{PNG, entry};
use serde_json::json;

const PATH: &str = "/user/update_user_profile_picture";

/// Uploads a picture with this body and media type. Returns the answer.
fn put(server: &Server, token: &str, media_type: &[u8], body: &[u8]) -> String {
    let head = format!(
        "PUT {PATH} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\nAuthorization: {token}\r\n\
         Content-Length: {}\r\nContent-Type: ",
        body.len()
    );
    let reply = server.raw(&[head.as_bytes(), media_type, b"\r\n\r\n", body].concat());
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.text()
}

/// A multipart body of one part with this part header.
fn single_part(head: &[u8], content: &[u8], end: &str) -> Vec<u8> {
    let end = end.as_bytes();
    [b"--XX", end, head, end, end, content, end, b"--XX--", end].concat()
}

#[test]
fn picture_with_unusual_part_headers_is_accepted() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let done = entry(0, "", json!(""));
    for head in [
        // GBK (jshttp/content-disposition#15, electron/electron#25628).
        &b"Content-Disposition: form-data; name=\"file\"; filename=\"\xcd\xb7\xcf\xf1.png\""[..],
        b"Content-Disposition: form-data; filename=\"my name.png\"; name=\"file\"",
        b"Content-Disposition: form-data; filename=\"; name=\\\"no\\\"\"; name=\"file\"",
        // yesodweb/wai#1037, yhirose/cpp-httplib#2568, node-formidable/formidable#86.
        b"Content-Disposition: form-data; name=\"file\"; filename=\"semi; colon;=.png\"",
        b"Content-Disposition: form-data; name=\"file\"; filename=\"b'e\\\";e.JPG\"",
        // Http-Multipart-Data-Parser/HttpMultipartParser#10.
        b"Content-Disposition: form-data; filename=\"C:\\test\\\"; name=\"file\"",
        // oven-sh/bun#34363, pillarjs/multiparty#244 and #31, pallets/werkzeug#2422.
        b"Content-Disposition: form-data; name=file; filename=a.png; filename*=utf-8''a.png",
        b"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%E7%8E%B0.png",
        b"Content-Disposition: form-data; name=\"file\"; fileName=\"a.png\"",
        b"content-disposition: form-data;\r\n name = \"file\" ;\r\n FILENAME = a.png\r\nX-A: \xff",
        b"Content-Disposition: form-data; name=\"file\"\r\nContent-Type: image/png",
    ] {
        let media_type = b"multipart/form-data; boundary=XX";
        let answer = put(&server, &token, media_type, &single_part(head, PNG, "\r\n"));
        assert_eq!(answer, done, "{:?}", String::from_utf8_lossy(head));
    }
    let head = b"Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"";
    for (media_type, body) in [
        (
            &b"Multipart/Form-Data; charset=\xd6\xd0; BOUNDARY=\"XX\""[..],
            single_part(head, PNG, "\r\n"),
        ),
        // rwf2/multer#64.
        (b"multipart/form-data;boundary=\"XX\";deferSpec=20220824", single_part(head, PNG, "\r\n")),
        // axios/axios#6121: no semicolon.
        (b"multipart/form-data boundary=XX", single_part(head, PNG, "\r\n")),
        // mistweaverco/kulala-core#26.
        (b"multipart/form-data; boundary=XX", single_part(head, PNG, "\n")),
        // rwf2/multer#16, remix-run/remix#11759.
        (
            b"multipart/form-data; boundary=XX",
            [b"\r\npreamble\r\n", &*single_part(head, PNG, "\r\n")].concat(),
        ),
        (
            b"multipart/form-data; boundary=XX",
            [b"\xef\xbb\xbf", &*single_part(head, PNG, "\r\n")].concat(),
        ),
        (b"multipart/form-data; boundary=XX", {
            // A second file input, in which nothing was chosen (mjackson/remix-the-web#59).
            let empty =
                b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n";
            [empty, &*single_part(head, PNG, "\r\n")].concat()
        }),
        (b"multipart/form-data; boundary=XX", {
            // A submit button in GBK.
            let button = b"--XX\r\nContent-Disposition: form-data; name=\"\xcc\xe1\xbd\xbb\"\r\n\r\n\xcc\xe1\r\n";
            [button, button, &*single_part(head, PNG, "\r\n")].concat()
        }),
    ] {
        let answer = put(&server, &token, media_type, &body);
        assert_eq!(answer, done, "{:?}", String::from_utf8_lossy(media_type));
    }
}

#[test]
fn picture_as_base64_form_field_is_accepted() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, PNG);
    let head = "Content-Disposition: form-data; name=\"file\"";
    let data_url = format!("data:image/png;base64,{base64}");
    for (head, content) in [
        (head.to_owned(), base64.clone()),
        (head.to_owned(), data_url),
        (format!("{head}; filename=a.png\r\nContent-Transfer-Encoding: base64"), base64),
    ] {
        let body = single_part(head.as_bytes(), content.as_bytes(), "\r\n");
        let answer = put(&server, &token, b"multipart/form-data; boundary=XX", &body);
        assert_eq!(answer, entry(0, "", json!("")), "{head}");
    }
}

#[test]
fn multipart_without_a_picture_is_reported() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let media_type = b"multipart/form-data; boundary=XX";
    let missing = entry(200_401, "file: missing", json!(""));
    let wrong = |why: &str| entry(200_400, why, json!(""));
    let long =
        [b"Content-Disposition: form-data; name=file; filename=".as_slice(), &[b'a'; 20_000]];
    for (media_type, body, answer) in [
        (&media_type[..], b"--XX--".to_vec(), missing.clone()),
        (media_type, Vec::new(), missing.clone()),
        (
            media_type,
            single_part(b"Content-Disposition: form-data; name=file; filename=\"\"", b"", "\r\n"),
            missing.clone(),
        ),
        (
            media_type,
            single_part(b"Content-Disposition: form-data; filename=\"; name=file\"", PNG, "\r\n"),
            missing,
        ),
        (
            media_type,
            single_part(b"Content-Disposition: form-data; name=\"file\"", b"\x89", "\r\n"),
            wrong("file: not UTF-8"),
        ),
        (
            media_type,
            single_part(&long.concat(), PNG, "\r\n"),
            wrong("the multipart body is not readable: a part's head is longer than 16384 bytes"),
        ),
        (
            b"multipart/form-data; boundary=",
            single_part(b"", PNG, "\r\n"),
            wrong("the multipart body has no boundary"),
        ),
        (
            b"multipart/form-data",
            single_part(b"", PNG, "\r\n"),
            wrong("the multipart body has no boundary"),
        ),
    ] {
        assert_eq!(put(&server, &token, media_type, &body), answer);
    }
    assert_eq!(server.pictures().len(), 0);
}
