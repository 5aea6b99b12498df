//! Portraits and avatars: real pictures, each replacing the previous one.

use crate::client::{Client, DONE, Expect, Request};
use crate::world::{PermanentAccount, World, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io::Cursor;
use std::rc::Rc;

/// How many portraits there are.
const PORTRAITS: u32 = 100;

/// A picture type and its bytes.
type Picture = (&'static str, Vec<u8>);

macro_rules! fixture {
    ($kind:literal, $file:literal) => {
        ($kind, include_bytes!(concat!("../../src/image_check/fixtures/", $file)).to_vec())
    };
}

fn pictures() -> Vec<Picture> {
    vec![
        fixture!("png", "plain.png"),
        fixture!("png", "interlaced.png"),
        fixture!("gif", "animated.gif"),
        fixture!("jpeg", "progressive.jpg"),
        fixture!("webp", "lossy.webp"),
        fixture!("webp", "lossless.webp"),
        ("png", noise()),
    ]
}

/// An incompressible picture of some 700 kB.
fn noise() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(480, 480, |_, _| image::Rgb(rand::random()));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// One of two accounts that upload pictures and fetch them.
pub async fn portraits(world: Rc<World>) {
    let mut client = Client::new(&world);
    let mut home = PermanentAccount::new(&mut client, format!("pictures-{}", world.number())).await;
    let pictures = pictures();
    let mut pace = world.pace(4.0);
    let client = &mut client;
    while pace.turn().await {
        // The large one is rare, because checking it takes CPU time.
        let nth = rand::random_range(0..pictures.len() * 4).min(pictures.len() * 4 - 4) % 7;
        let (kind, bytes) = &pictures[nth];
        let token = home.token(client).await;
        let id = rand::random_range(1..=PORTRAITS).to_string();
        match rand::random_range(0..6) {
            0 => {
                let base64 = STANDARD.encode(bytes);
                let data = json!({"name": "", "id": id, "base64": base64, "type": kind});
                client.done("", "portrait/upload", data).await;
            }
            1 => avatar(client, &token, kind, bytes).await,
            2 => {
                let data = json!({"base64": STANDARD.encode(bytes), "type": kind});
                let url = text(&client.done(&token, "user/avatar", data).await["url"]);
                let path = url.rfind("/upload/").map_or("", |at| &url[at..]);
                client.ask("upload, document", &Request::get(path), Expect::Picture).await;
            }
            3 => {
                let request = Request::get(&format!("/api/external/get/portrait/{id}"));
                client.ask("portrait, document", &request, Expect::Picture).await;
                client.done("", "portrait/get", json!({"id": id})).await;
            }
            4 => {
                let data =
                    json!({"name": "", "id": id, "base64": "bm8gcGljdHVyZQ==", "type": kind});
                client.fault("", "portrait/upload", data, -2).await;
                let own = home.id.to_string();
                let base64 = STANDARD.encode(&pictures[0].1);
                let data = json!({"name": "", "id": own, "base64": base64, "type": "png"});
                client.fault("", "portrait/upload", data, -100).await;
            }
            _ => {
                let gone = format!("/upload/{}.png", "0".repeat(32));
                client.ask("upload, document", &Request::get(&gone), Expect::Refused(404)).await;
            }
        }
    }
}

/// Upload by the entry-task document: a form with a file.
async fn avatar(client: &mut Client, token: &str, kind: &str, bytes: &[u8]) {
    let head = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.{kind}\"\r\n\
         Content-Type: image/{kind}\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--edge--\r\n"].concat();
    let request = Request::new("PUT", "/user/update_user_profile_picture", body)
        .by(token)
        .with("Content-Type", "multipart/form-data; boundary=edge");
    client.ask("avatar, document", &request, DONE).await;
}
