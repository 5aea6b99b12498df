# Made by generate.py from docs/api/openapi.json. Do not edit.
from __future__ import annotations

from typing import Any, Literal, Union

from typing_extensions import NotRequired, TypeAlias, TypedDict


class Challenge(TypedDict):
    """
    A challenge, as the client gets it. The names are ALTCHA's.
    """

    algorithm: str
    """
    How numbers are hashed: `SHA-256`.
    """
    challenge: str
    """
    The hash to find, in hex: SHA-256 of `salt` and the number, in decimal digits, behind it.
    """
    maxnumber: int
    """
    The number is from 0 to this one.
    """
    salt: str
    """
    Random hex digits and `?expires=SECONDS&`, in seconds since 1970. The final `&` separates
    the time from the number that follows.
    """
    signature: str
    """
    HMAC-SHA256 of `challenge` with the server's key, in hex.
    """


Direction: TypeAlias = Literal['highest', 'lowest']
"""
Which score stands first.
"""


class ExportedNotice(TypedDict):
    """
    A notice of the account: as `property/query` tells it.
    """

    id: int
    """
    The notice's id.
    """
    type: int
    """
    1 lost, 2 found.
    """
    state: int
    """
    0 going on, 1 ended.
    """
    lab: str
    """
    Labels, joined by `|`.
    """
    title: str
    """
    Its title.
    """
    content: str
    """
    What it says.
    """
    occurrence_time: str
    """
    When it was lost or found.
    """
    user_name: str
    """
    The name to ask for.
    """
    user_phone: str
    """
    A telephone number, or empty.
    """
    user_qq: str
    """
    A QQ number, or empty.
    """
    user2_id: str
    """
    Who answered it, or empty.
    """
    user2_name: str
    """
    His name, or empty.
    """
    user2_phone: str
    """
    His telephone number, or empty.
    """
    user2_qq: str
    """
    His QQ number, or empty.
    """
    publish_time: str
    """
    When it was published.
    """
    update_time: str
    """
    When it was last changed.
    """
    pic_url1: str
    """
    The first picture's address, or empty.
    """
    pic_url2: str
    """
    The second picture's address, or empty.
    """
    pic_url3: str
    """
    The third picture's address, or empty.
    """


class ExportedPicture(TypedDict):
    """
    A picture.
    """

    type: str
    """
    Its kind: png, jpg, gif or webp.
    """
    base64: str
    """
    The file in base64.
    """


class ExportedShop(TypedDict):
    """
    A shop of the account.
    """

    shop_id: int
    """
    The shop's id.
    """
    shop_name: str
    """
    Its name.
    """
    shop_content: str
    """
    What it says of itself.
    """
    creat_time: str
    """
    When it was opened.
    """


class Fault(TypedDict):
    """
    The answer of an operation that was not done.
    """

    status: int
    """
    The fault's code, as in the envelope.
    """
    message: str
    """
    The text that belongs to the code.
    """
    data: dict[str, Any]
    """
    Empty.
    """
    detail: NotRequired[str]
    """
    In plain words what is wrong, and with which key.
    """


class ImgGenerateReply1(TypedDict):
    """
    A picture and the random text that goes into its proof, or a challenge of proof of work.
    """

    imgdata: str
    """
    The picture, a PNG in base64.
    """
    rand: str
    """
    Random letters and digits. The proof is `md5(lowercase(code) + rand)`, in hex.
    """


ImgGenerateReply: TypeAlias = Union[ImgGenerateReply1, Challenge]
"""
A picture and the random text that goes into its proof, or a challenge of proof of work.
"""


class ImgGenerateRequest(TypedDict):
    kind: NotRequired[Literal['image', 'pow'] | None]
    """
    `image`, or `pow` for proof of work; a picture where it is absent.
    """
    id: NotRequired[str | None]
    """
    A name of the client's own for the captcha, which replaces an earlier one of this name.
    """
    format: NotRequired[
        Literal['png', 'jpg', 'jpeg', 'image/png', 'image/jpg', 'image/jpeg'] | None
    ]
    """
    How the picture is encoded; PNG where it is absent.
    """


class ImgValidateReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class ImgValidateRequest(TypedDict):
    hash: str
    """
    The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work.
    """


class OfRow(TypedDict):
    """
    A player of those that were asked for.
    """

    openid: str
    """
    The player, as the game names him.
    """
    nickname: str | None
    """
    The player's name; empty where it was never told.
    """
    avatar: str | None
    """
    The address of the player's picture; empty where it was never told.
    """
    score: int
    """
    The score that counts.
    """
    rank: int
    """
    The place, from 1.
    """
    me: NotRequired[bool]
    """
    `true` on the row of the player that was asked for; absent on others.
    """
    metadata: NotRequired[str | None]
    """
    What the game added to the score; absent where it added nothing.
    """


class OpenSession(TypedDict):
    """
    A session that is open.
    """

    id: str
    """
    What names it, for `user/end_sessions`. It is not its token.
    """
    opened: str
    """
    When somebody logged in, `YYYY-MM-DD HH:MM:SS`; empty where that was not written down.
    """
    expires: str
    """
    When it ends by itself, `YYYY-MM-DD HH:MM:SS`.
    """
    address: str
    """
    The client's address at the login, of IPv6 its network; empty where it is not known.
    """
    current: bool
    """
    Is it the session of this request?
    """


Period: TypeAlias = Literal['none', 'day', 'week', 'month', 'manual']
"""
How long a season lasts.
"""


class PlayerGuestReply(TypedDict):
    """
    A new player.
    """

    token: str
    """
    The token, for posts and requests of this player. It is good for 180 days.
    """
    openid: str
    """
    The player's openid.
    """


class PlayerGuestRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """


class PlayerUpdateReply(TypedDict):
    """
    Whether the player was unknown before.
    """

    new: bool
    """
    Whether the player was unknown before.
    """


class PlayerUpdateRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    openid: str
    """
    The player, as the game names him.
    """
    nickname: NotRequired[str | None]
    """
    What the board shows as the player's name.
    """
    sex: NotRequired[int | None]
    """
    0 unknown, 1 male, 2 female.
    """
    province: NotRequired[str | None]
    """
    The player's province.
    """
    city: NotRequired[str | None]
    """
    The player's city.
    """
    country: NotRequired[str | None]
    """
    The player's country.
    """
    headimgurl: NotRequired[str | None]
    """
    The address of a picture of the player: http or https, or empty.
    """


class PortraitFileReply(TypedDict):
    """
    A picture.
    """

    base64: str
    """
    The picture, in base64.
    """
    type: Literal['png', 'jpg', 'gif', 'webp']
    """
    What kind of picture it is.
    """


class PortraitFileRequest(TypedDict):
    name: str
    """
    The file's name, as an address of a picture ends.
    """


class PortraitGetReply(TypedDict):
    """
    A picture.
    """

    base64: str
    """
    The picture, in base64.
    """
    type: Literal['png', 'jpg', 'gif', 'webp']
    """
    What kind of picture it is.
    """


class PortraitGetRequest(TypedDict):
    id: str | int
    """
    The portrait's number.
    """


class PortraitUploadReply(TypedDict):
    """
    The address of the portrait: by its number, or, with a public store, by the picture's file name.
    """

    url: str
    """
    The address of the portrait.
    """


class PortraitUploadRequest(TypedDict):
    name: str
    """
    Any name; it is not kept.
    """
    id: str | int
    """
    1 to 15 digits.
    """
    base64: str
    """
    The picture in base64, with or without a `data:` prefix.
    """
    type: str
    """
    What kind of picture it is: `png`, `jpg`, `jpeg`, `gif` or `webp`, or those as `image/…`.
    """


class Profile(TypedDict):
    """
    An account, as its owner sees it.
    """

    user_id: int
    """
    The account's id.
    """
    username: str
    """
    The name to log in by.
    """
    nickname: str
    """
    The name to show.
    """
    profile_picture: str
    """
    The address of the account's picture; empty where it has none.
    """
    mobile: str
    """
    The mobile number; empty where there is none.
    """
    create_time: str
    """
    When the account was made, `YYYY-MM-DD HH:MM:SS`.
    """
    verified: bool
    """
    Whether a real name was told.
    """


class PropertyAddReply(TypedDict):
    """
    Which notice was written. The seed calls its id `uid` here and `id` in a row.
    """

    uid: int
    """
    The notice's id.
    """


class PropertyAddRequest(TypedDict):
    type: int
    """
    1 lost, 2 found.
    """
    state: NotRequired[int | str | None]
    """
    0 going on, 1 ended.
    """
    lab: str
    """
    Labels, joined by `|`.
    """
    title: str
    """
    The title.
    """
    content: str
    """
    What the notice says.
    """
    occurrence_time: str | None
    """
    When it was lost or found, `YYYY-MM-DD HH:MM:SS`.
    """
    user_id: NotRequired[str | None]
    """
    The caller's id.
    """
    user_name: str
    """
    The name to ask for.
    """
    user_phone: str | None
    """
    A telephone number.
    """
    user_qq: str | None
    """
    A QQ number.
    """
    publish_time: NotRequired[str | None]
    """
    When it is published; now where it is empty or absent.
    """
    pic_num: NotRequired[int | str | None]
    """
    How many pictures there are.
    """
    pic_url1: NotRequired[str | None]
    """
    The first picture's address.
    """
    pic_url2: NotRequired[str | None]
    """
    The second picture's address.
    """
    pic_url3: NotRequired[str | None]
    """
    The third picture's address.
    """


class PropertyDeleteReply(TypedDict):
    """
    Which notice was written. The seed calls its id `uid` here and `id` in a row.
    """

    uid: int
    """
    The notice's id.
    """


class PropertyDeleteRequest(TypedDict):
    id: int
    """
    The notice's id.
    """
    user_id: NotRequired[str | None]
    """
    The caller's id.
    """


class PropertyQueryReplyItem(TypedDict):
    id: int
    """
    The notice's id.
    """
    type: int
    """
    1 lost, 2 found.
    """
    state: int
    """
    0 going on, 1 ended.
    """
    lab: str
    """
    Labels, joined by `|`.
    """
    title: str
    """
    Its title.
    """
    content: str
    """
    What it says.
    """
    occurrence_time: str
    """
    When it was lost or found.
    """
    user_id: str
    """
    The account that published it.
    """
    user_name: str
    """
    The name to ask for.
    """
    user_phone: str
    """
    A telephone number, or empty.
    """
    user_qq: str
    """
    A QQ number, or empty.
    """
    user2_id: str
    """
    Who answered it, or empty.
    """
    user2_name: str
    """
    His name, or empty.
    """
    user2_phone: str
    """
    His telephone number, or empty.
    """
    user2_qq: str
    """
    His QQ number, or empty.
    """
    publish_time: str
    """
    When it was published.
    """
    update_time: str
    """
    When it was last changed.
    """
    pic_num: int
    """
    How many pictures it has.
    """
    pic_url1: str
    """
    The first picture's address, or empty.
    """
    pic_url2: str
    """
    The second picture's address, or empty.
    """
    pic_url3: str
    """
    The third picture's address, or empty.
    """


PropertyQueryReply: TypeAlias = list[PropertyQueryReplyItem]


class PropertyQueryRequest(TypedDict, closed=True):
    token: NotRequired[str | None]
    """
    The token, if it comes in no header.
    """
    type: int
    """
    1 lost, 2 found.
    """
    key: NotRequired[str | None]
    """
    Any part of labels, title or content, or the whole id or user_id.
    """
    limit: NotRequired[int | None]
    """
    The most rows.
    """
    before: NotRequired[int | None]
    """
    Only rows after this row's id.
    """
    id: NotRequired[int | None]
    """
    Exactly this.
    """
    state: NotRequired[int | None]
    """
    Exactly this.
    """
    pic_num: NotRequired[int | None]
    """
    Exactly this.
    """
    occurrence_time: NotRequired[str | None]
    """
    Exactly this.
    """
    publish_time: NotRequired[str | None]
    """
    Exactly this.
    """
    update_time: NotRequired[str | None]
    """
    Exactly this.
    """
    lab: NotRequired[str | None]
    """
    Any part of the text.
    """
    title: NotRequired[str | None]
    """
    Any part of the text.
    """
    content: NotRequired[str | None]
    """
    Any part of the text.
    """
    user_id: NotRequired[str | None]
    """
    Any part of the text.
    """
    user_name: NotRequired[str | None]
    """
    Any part of the text.
    """
    user_phone: NotRequired[str | None]
    """
    Any part of the text.
    """
    user_qq: NotRequired[str | None]
    """
    Any part of the text.
    """
    user2_id: NotRequired[str | None]
    """
    Any part of the text.
    """
    user2_name: NotRequired[str | None]
    """
    Any part of the text.
    """
    user2_phone: NotRequired[str | None]
    """
    Any part of the text.
    """
    user2_qq: NotRequired[str | None]
    """
    Any part of the text.
    """
    pic_url1: NotRequired[str | None]
    """
    Any part of the text.
    """
    pic_url2: NotRequired[str | None]
    """
    Any part of the text.
    """
    pic_url3: NotRequired[str | None]
    """
    Any part of the text.
    """


class PropertyUpdateReply(TypedDict):
    """
    Which notice was written. The seed calls its id `uid` here and `id` in a row.
    """

    uid: int
    """
    The notice's id.
    """


class PropertyUpdateRequest(TypedDict):
    id: int
    """
    The notice's id.
    """
    type: NotRequired[int]
    """
    1 lost, 2 found.
    """
    state: NotRequired[int]
    """
    0 going on, 1 ended.
    """
    lab: NotRequired[str]
    """
    Labels, joined by `|`.
    """
    title: NotRequired[str]
    """
    The title.
    """
    content: NotRequired[str]
    """
    What the notice says.
    """
    occurrence_time: NotRequired[str | None]
    """
    When it was lost or found, `YYYY-MM-DD HH:MM:SS`.
    """
    user_id: NotRequired[str | None]
    """
    The caller's id.
    """
    user_name: NotRequired[str]
    """
    The name to ask for.
    """
    user_phone: NotRequired[str | None]
    """
    A telephone number.
    """
    user_qq: NotRequired[str | None]
    """
    A QQ number.
    """
    user2_id: NotRequired[str | None]
    """
    Who answered the notice.
    """
    user2_name: NotRequired[str | None]
    """
    The name of who answered.
    """
    user2_phone: NotRequired[str | None]
    """
    The telephone number of who answered.
    """
    user2_qq: NotRequired[str | None]
    """
    The QQ number of who answered.
    """
    update_time: NotRequired[str | None]
    """
    When it was changed; now where it is empty or absent.
    """
    pic_num: NotRequired[int | str | None]
    """
    How many pictures there are.
    """
    pic_url1: NotRequired[str | None]
    """
    The first picture's address.
    """
    pic_url2: NotRequired[str | None]
    """
    The second picture's address.
    """
    pic_url3: NotRequired[str | None]
    """
    The third picture's address.
    """


class RankAroundRequest(TypedDict):
    user: NotRequired[int | str | None]
    """
    The account's id; the caller's where it is absent.
    """
    span: NotRequired[int | None]
    """
    How many places on each side; 5 where it is absent.
    """


ArangeItem: TypeAlias = int


class RankListRequest(TypedDict):
    arange: NotRequired[list[ArangeItem] | None]
    """
    The first and the last place, from 1; at most 1000 places.
    """


class RankRow(TypedDict):
    """
    One place.
    """

    ranking: int
    """
    The place, from 1.
    """
    user: str
    """
    The account's id, in digits.
    """
    rank_score: int
    """
    The score.
    """


class RankUploadReply1(TypedDict):
    """
    What an upload comes to.
    """

    ranking: int | None
    """
    The caller's place, from 1.
    """


class RankUploadReply2(TypedDict):
    """
    What an upload comes to.
    """

    list: list[RankRow]
    """
    The places asked for.
    """
    self: RankRow | None
    """
    The caller's place.
    """
    version: NotRequired[int | None]
    """
    -1, 0 or 1: whether the client's version is older than the server's, the same or newer.
    """


RankUploadReply: TypeAlias = Union[RankUploadReply1, RankUploadReply2]
"""
What an upload comes to.
"""


class RankUploadRequest(TypedDict):
    rank: int
    """
    The score.
    """
    list: NotRequired[bool | None]
    """
    Whether the answer is to hold the list instead of the place alone.
    """
    arange: NotRequired[list[ArangeItem] | None]
    """
    The first and the last place, from 1; at most 1000 places.
    """
    version: NotRequired[str | None]
    """
    The client's version: numbers between dots.
    """


class RealName(TypedDict):
    """
    Who the account's owner is. Answered to that account alone.
    """

    user_id: int
    """
    The account's id.
    """
    real_name: str | None
    """
    The owner's name; `null` where it was not told.
    """
    id_card: str | None
    """
    The number of the owner's identity card; `null` where it was not told.
    """


class ReportAddReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class ReportAddRequest(TypedDict):
    notice: NotRequired[int | str | None]
    """
    The id of a notice.
    """
    shop: NotRequired[int | str | None]
    """
    The id of a shop.
    """
    account: NotRequired[int | str | None]
    """
    The id of an account.
    """
    reason: str
    """
    What is wrong with it.
    """


class RoundStartReply(TypedDict):
    """
    A round.
    """

    round: str
    """
    The ticket, for `score/post`. It is good for two hours.
    """
    time: int
    """
    The server's time, in milliseconds since 1970.
    """


class RoundStartRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    openid: str
    """
    The player, as the game names him.
    """


Rule: TypeAlias = Literal['best', 'last', 'sum']
"""
Which of a player's scores counts.
"""


class ScoreAroundRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    openid: str
    """
    The player, as the game names him.
    """
    span: NotRequired[int | None]
    """
    How many places on each side; 5 where it is absent.
    """
    season: NotRequired[int | None]
    """
    The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
    """


class ScoreBoardRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """


class ScoreGetReply(TypedDict):
    """
    Where a player stands.
    """

    score: int
    """
    The score that counts: the highest, or what the rules of the board say.
    """
    rank: int
    """
    The player's place, from 1.
    """
    metadata: NotRequired[str | None]
    """
    What the game added to the score; absent where it added nothing.
    """


class ScoreGetRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    openid: str
    """
    The player, as the game names him.
    """
    season: NotRequired[int | None]
    """
    The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
    """


ScoreOfReply: TypeAlias = list[OfRow]


Openid: TypeAlias = str


class ScoreOfRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    openids: list[Openid]
    """
    The players.
    """
    season: NotRequired[int | None]
    """
    The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
    """


class ScorePostReply(TypedDict):
    """
    How the player stands now.
    """

    score: int
    """
    What counts: the highest so far, or what the rules of the board say.
    """
    rank: int
    """
    The player's place, from 1.
    """
    new: bool
    """
    The player's first score, of the season where the board has seasons.
    """
    season: NotRequired[int | None]
    """
    The season in which it counts; absent where the board has no rules of its own.
    """


class ScorePostRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    openid: str
    """
    The player, as the game names him.
    """
    score: int
    """
    The score.
    """
    round: NotRequired[str | None]
    """
    The ticket of `round/start`, where the game asks for one.
    """
    metadata: NotRequired[str | None]
    """
    What the game adds to the score, at most 256 bytes: for boards with rules of their own.
    """


class ScoreRow(TypedDict):
    """
    One place of a board, as everyone may see it: without the openid, which is all that a post
    needs.
    """

    nickname: str | None
    """
    The player's name; empty where it was never told.
    """
    avatar: str | None
    """
    The address of the player's picture; empty where it was never told.
    """
    score: int
    """
    The score that counts.
    """
    rank: int
    """
    The place, from 1.
    """
    me: NotRequired[bool]
    """
    `true` on the row of the player that was asked for; absent on others.
    """
    metadata: NotRequired[str | None]
    """
    What the game added to the score; absent where it added nothing.
    """


ScoreTopReply: TypeAlias = list[ScoreRow]


class ScoreTopRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    limit: NotRequired[int | None]
    """
    How many places; 100 where it is absent.
    """
    null_faces: NotRequired[bool | None]
    """
    Whether nickname and avatar of players who told nothing of themselves are `null` instead of empty.
    """
    season: NotRequired[int | None]
    """
    The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
    """


class Season(TypedDict):
    """
    A season.
    """

    period: Period
    """
    How long it lasts.
    """
    number: int
    """
    Its number, from 1; 1 where there are no seasons.
    """
    began_at: str | None
    """
    When it began; `null` on a board without rules of its own.
    """
    ends_at: str | None
    """
    When it ends; `null` if it does not by itself.
    """
    seconds_left: int | None
    """
    For how many seconds it still lasts; `null` if it does not end by itself.
    """


class ShopCreatReply(TypedDict):
    """
    The new shop; nothing where it was an update.
    """

    shop_id: NotRequired[int | None]
    """
    The new shop's id; absent where a shop was changed.
    """


class ShopCreatRequest1(TypedDict):
    shop_name: str
    """
    The shop's name; no other shop has it, and it can't be changed.
    """
    shop_content: NotRequired[str | None]
    """
    What the shop says of itself.
    """
    user_id: NotRequired[int | None]
    """
    The caller's id.
    """


class ShopCreatRequest2(TypedDict):
    shop_id: int | str
    """
    The shop's id.
    """
    shop_content: str
    """
    What the shop says of itself.
    """


ShopCreatRequest: TypeAlias = Union[ShopCreatRequest1, ShopCreatRequest2]


class ShopGetReply(TypedDict):
    """
    A shop, as anyone sees it.
    """

    shop_id: int
    """
    The shop's id: nine digits.
    """
    shop_name: str
    """
    Its name, which no other shop has.
    """
    shop_content: str
    """
    What it says of itself.
    """
    user_id: int
    """
    The account whose it is.
    """
    creat_time: str
    """
    When it was opened, `YYYY-MM-DD HH:MM:SS`.
    """


class ShopGetRequest(TypedDict):
    shop_id: int | str
    """
    The shop's id.
    """


class ShopListReplyItem(TypedDict):
    shop_id: int
    """
    The shop's id: nine digits.
    """
    shop_name: str
    """
    Its name, which no other shop has.
    """
    shop_content: str
    """
    What it says of itself.
    """
    user_id: int
    """
    The account whose it is.
    """
    creat_time: str
    """
    When it was opened.
    """


ShopListReply: TypeAlias = list[ShopListReplyItem]


class ShopListRequest(TypedDict):
    user_id: NotRequired[int | None]
    """
    Only this account's shops.
    """
    key: NotRequired[str | None]
    """
    Only shops with this text in the name or the content.
    """
    limit: NotRequired[int | None]
    """
    The most shops; 100 where it is absent.
    """
    before: NotRequired[int | str | None]
    """
    Only shops after this one in the list: its id.
    """


class ShopUpdateReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class ShopUpdateRequest(TypedDict):
    shop_id: int | str
    """
    The shop's id.
    """
    shop_content: str
    """
    What the shop says of itself.
    """


class SmsGenerateReply(TypedDict):
    """
    The random text that, behind the code, makes the proof.
    """

    rand: str
    """
    Random letters and digits. The proof of the code is `md5(code + rand)`, in hex.
    """


class SmsGenerateRequest1(TypedDict):
    phone: str
    """
    A mobile number of mainland China, without a country code.
    """
    hash: str
    """
    The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work.
    """
    purpose: NotRequired[
        Literal['register', 'login', 'reset', 'change', 'remove'] | None
    ]
    """
    What the code is for; `register` if absent. It proves nothing else.
    """


class SmsGenerateRequest2(TypedDict):
    phone: str
    """
    A mobile number of mainland China, without a country code.
    """
    text: str
    """
    What the captcha shows.
    """
    id: str
    """
    The captcha's name.
    """
    purpose: NotRequired[
        Literal['register', 'login', 'reset', 'change', 'remove'] | None
    ]
    """
    What the code is for; `register` if absent. It proves nothing else.
    """


SmsGenerateRequest: TypeAlias = Union[SmsGenerateRequest1, SmsGenerateRequest2]


class SmsValidateReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class SmsValidateRequest(TypedDict):
    phone: str
    """
    A mobile number of mainland China, without a country code.
    """
    hash: str
    """
    The proof of the code: `md5(code + rand)`, in hex.
    """


Ties: TypeAlias = Literal['first', 'shared']
"""
Who of two players with the same score stands first.
"""


class UserAvatarReply(TypedDict):
    """
    Where the picture is to be had.
    """

    url: str
    """
    The picture's address.
    """


class UserAvatarRequest(TypedDict):
    base64: str
    """
    The picture in base64, with or without a `data:` prefix.
    """
    type: NotRequired[str | None]
    """
    What kind of picture it is: `png`, `jpg`, `jpeg`, `gif` or `webp`, or those as `image/…`.
    """


class UserEndSessionsReply(TypedDict):
    """
    What was ended.
    """

    ended: int
    """
    How many sessions were ended.
    """


class UserEndSessionsRequest(TypedDict):
    id: NotRequired[str | None]
    """
    The session's id, as `user/sessions` tells it.
    """


class UserExportReply(TypedDict):
    """
    Everything stored about an account.
    """

    account: Profile
    """
    The account.
    """
    owner: RealName
    """
    The real name and the identity card.
    """
    sessions: list[OpenSession]
    """
    The sessions that are open.
    """
    rank: int | None
    """
    The newest score on the rank leaderboard, if there is one.
    """
    shops: list[ExportedShop]
    """
    The account's shops.
    """
    notices: list[ExportedNotice]
    """
    The account's notices, the oldest first.
    """
    more: bool
    """
    Are there more notices?
    """
    avatar: ExportedPicture | None
    """
    The account's avatar; `null` if it has none, and where `after` was sent.
    """
    portrait: ExportedPicture | None
    """
    The portrait under the account's id; `null` if there is none, and where `after` was sent.
    """
    portraits: list[int]
    """
    Other ids under which the account uploaded a portrait.
    """


class UserExportRequest(TypedDict):
    after: NotRequired[int | None]
    """
    Only notices with a greater id than this; the answer has no pictures then.
    """


class UserInfoReply(TypedDict):
    """
    An account, as its owner sees it.
    """

    user_id: int
    """
    The account's id.
    """
    username: str
    """
    The name to log in by.
    """
    nickname: str
    """
    The name to show.
    """
    profile_picture: str
    """
    The address of the account's picture; empty where it has none.
    """
    mobile: str
    """
    The mobile number; empty where there is none.
    """
    create_time: str
    """
    When the account was made, `YYYY-MM-DD HH:MM:SS`.
    """
    verified: bool
    """
    Whether a real name was told.
    """


class UserInfoRequest(TypedDict):
    pass


class UserLoginReply(TypedDict):
    """
    The new session: its token and its account.
    """

    token: str
    """
    What proves the login in later requests: 32 hex digits.
    """
    user_id: int
    """
    The account's id.
    """
    username: str
    """
    The name to log in by.
    """
    nickname: str
    """
    The name to show.
    """
    profile_picture: str
    """
    The address of the account's picture; empty where it has none.
    """


class UserLoginRequest(TypedDict):
    username: str
    """
    The user name, or the mobile number.
    """
    password: str
    """
    Plain text, or the md5 of it in 32 hex digits.
    """
    hash: NotRequired[str | None]
    """
    The proof of a captcha, for one more try where there were too many.
    """


class UserLoginSmsReply(TypedDict):
    """
    The new session: its token and its account.
    """

    token: str
    """
    What proves the login in later requests: 32 hex digits.
    """
    user_id: int
    """
    The account's id.
    """
    username: str
    """
    The name to log in by.
    """
    nickname: str
    """
    The name to show.
    """
    profile_picture: str
    """
    The address of the account's picture; empty where it has none.
    """


class UserLoginSmsRequest(TypedDict):
    mobile: str
    """
    A mobile number of mainland China, without a country code.
    """
    sms_code: str
    """
    The code that was sent to the number.
    """
    password: NotRequired[str | None]
    """
    The account's password. Needed only where nobody has logged in for 90 days.
    """


class UserLogoutReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class UserLogoutRequest(TypedDict):
    pass


class UserMobileReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class UserMobileRequest(TypedDict):
    mobile: str
    """
    The new number.
    """
    sms_code: str
    """
    The code that was sent to the new number.
    """
    old_code: NotRequired[str | None]
    """
    The code that was sent to the old number.
    """
    password: NotRequired[str | None]
    """
    The account's password, in the place of a code to the old number.
    """


class UserPasswordReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class UserPasswordRequest(TypedDict):
    old_password: str
    """
    Plain text, or the md5 of it in 32 hex digits.
    """
    new_password: str
    """
    Plain text, or the md5 of it in 32 hex digits.
    """


class UserRegisterReply(TypedDict):
    """
    The new account.
    """

    user_id: int
    """
    The new account's id.
    """


class UserRegisterRequest1(TypedDict):
    username: str
    """
    The name to log in by.
    """
    password: str
    """
    Plain text, or the md5 of it in 32 hex digits.
    """
    hash: str
    """
    The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work.
    """


class UserRegisterRequest2(TypedDict):
    mobile: str
    """
    A mobile number of mainland China, without a country code.
    """
    sms_code: str
    """
    The code that was sent to the number.
    """
    password: str
    """
    Plain text, or the md5 of it in 32 hex digits.
    """


UserRegisterRequest: TypeAlias = Union[UserRegisterRequest1, UserRegisterRequest2]


class UserRemoveReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class UserRemoveRequest(TypedDict):
    password: NotRequired[str | None]
    """
    The account's password.
    """
    sms_code: NotRequired[str | None]
    """
    The code that was sent to the account's number.
    """


class UserRenameReply(TypedDict):
    """
    The account's new name.
    """

    username: str
    """
    The new name.
    """


class UserRenameRequest(TypedDict):
    username: str
    """
    The new name to log in by.
    """


class UserResetReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class UserResetRequest(TypedDict):
    mobile: str
    """
    A mobile number of mainland China, without a country code.
    """
    sms_code: str
    """
    The code that was sent to the number.
    """
    new_password: str
    """
    Plain text, or the md5 of it in 32 hex digits.
    """


class UserSessionsReply(TypedDict):
    """
    The sessions.
    """

    sessions: list[OpenSession]
    """
    The sessions, the newest first.
    """


class UserSessionsRequest(TypedDict):
    pass


class UserUpdateReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class UserUpdateRequest(TypedDict):
    nickname: str
    """
    The new name to show.
    """


class UserVerifiedReply(TypedDict):
    """
    Who the account's owner is. Answered to that account alone.
    """

    user_id: int
    """
    The account's id.
    """
    real_name: str | None
    """
    The owner's name; `null` where it was not told.
    """
    id_card: str | None
    """
    The number of the owner's identity card; `null` where it was not told.
    """


class UserVerifiedRequest(TypedDict):
    pass


class UserVerifyReply(TypedDict):
    """
    The answer of an operation that has nothing to say: `{}`.
    """


class UserVerifyRequest(TypedDict):
    real_name: str
    """
    The owner's name, as the identity card has it.
    """
    id_card: str
    """
    The number of the identity card: 17 digits and a check digit, which may be `X`.
    """


class WxLoginReply(TypedDict):
    """
    A player's session.
    """

    token: str
    """
    The token, for posts and requests of this player. It is good for 180 days.
    """
    openid: str
    """
    The player's openid.
    """


class WxLoginRequest(TypedDict):
    app: NotRequired[str | None]
    """
    The game's name; `default` where it is absent.
    """
    code: str
    """
    What `wx.login` gave: good once, for five minutes.
    """


RankAroundReply: TypeAlias = list[RankRow]


RankListReply: TypeAlias = list[RankRow]


ScoreAroundReply: TypeAlias = list[ScoreRow]


class ScoreBoardReply(TypedDict):
    """
    A board.
    """

    rule: Rule
    """
    Which of a player's scores counts.
    """
    order: Direction
    """
    Which score stands first.
    """
    ties: Ties
    """
    Who of two players with the same score stands first.
    """
    players: int
    """
    How many players have a score, in the current season where there are seasons.
    """
    season: Season
    """
    The current season.
    """
