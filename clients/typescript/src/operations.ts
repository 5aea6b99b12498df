// Made by `npm run generate` from docs/api/openapi.json. Do not edit.

import type { components } from "./schemas.js";

export type Schemas = components["schemas"];

/** Every operation: what it takes and what it answers. */
export interface Operations {
  /** Make a captcha. The answer has a picture and a random text, which goes into the proof; or, for the kind `pow`, a challenge that a program solves. A captcha with a name of the client's own is proven by what it shows. */
  "img/generate": { data: Schemas["ImgGenerateRequest"]; reply: Schemas["ImgGenerateReply"] };
  /** Check the proof of a captcha. It is accepted as often as it is checked, until the captcha has paid for a message or an account, or has expired. */
  "img/validate": { data: Schemas["ImgValidateRequest"]; reply: Schemas["ImgValidateReply"] };
  /** Create a guest player for a game listed in `score.guests`. Store the token: nothing else proves who the player is. */
  "player/guest": { data: Schemas["PlayerGuestRequest"]; reply: Schemas["PlayerGuestReply"] };
  /** Set what leaderboards of a game show of a player. A key that is not sent keeps its value. */
  "player/update": { data: Schemas["PlayerUpdateRequest"]; reply: Schemas["PlayerUpdateReply"] };
  /** Get an uploaded picture, such as an account's avatar, by the name of its file. */
  "portrait/file": { data: Schemas["PortraitFileRequest"]; reply: Schemas["PortraitFileReply"] };
  /** Get the portrait that has a number. Where there is none, it is the default avatar. */
  "portrait/get": { data: Schemas["PortraitGetRequest"]; reply: Schemas["PortraitGetReply"] };
  /** Store a portrait under a number, in place of what was there. A number that belongs to an account needs that account's token. */
  "portrait/upload": { data: Schemas["PortraitUploadRequest"]; reply: Schemas["PortraitUploadReply"] };
  /** Publish a notice of something that was lost or found. */
  "property/add": { data: Schemas["PropertyAddRequest"]; reply: Schemas["PropertyAddReply"] };
  /** Remove one of the caller's notices. */
  "property/delete": { data: Schemas["PropertyDeleteRequest"]; reply: Schemas["PropertyDeleteReply"] };
  /** Search the notices of one type. The latest change comes first. A search by `key` takes no other filter. */
  "property/query": { data: Schemas["PropertyQueryRequest"]; reply: Schemas["PropertyQueryReply"] };
  /** Change one of the caller's notices. A key that is not sent keeps its value. */
  "property/update": { data: Schemas["PropertyUpdateRequest"]; reply: Schemas["PropertyUpdateReply"] };
  /** List the places around an account: `span` on each side. */
  "rank/around": { data: Schemas["RankAroundRequest"]; reply: Schemas["RankAroundReply"] };
  /** List the places that `arange` names, or the first ten. */
  "rank/list": { data: Schemas["RankListRequest"]; reply: Schemas["RankListReply"] };
  /** Set the caller's score. With `list`, the answer also has the places that `arange` names, as they are right after the upload. */
  "rank/upload": { data: Schemas["RankUploadRequest"]; reply: Schemas["RankUploadReply"] };
  /** Report a notice, a shop or an account: the people who look after the server will look at it. */
  "report/add": { data: Schemas["ReportAddRequest"]; reply: Schemas["ReportAddReply"] };
  /** Begin a round of a game. Its score names the ticket, once. */
  "round/start": { data: Schemas["RoundStartRequest"]; reply: Schemas["RoundStartReply"] };
  /** List the places around a player: `span` on each side. */
  "score/around": { data: Schemas["ScoreAroundRequest"]; reply: Schemas["ScoreAroundReply"] };
  /** Get the rules of a board, and when its season ends. */
  "score/board": { data: Schemas["ScoreBoardRequest"]; reply: Schemas["ScoreBoardReply"] };
  /** Get a player's score and place. */
  "score/get": { data: Schemas["ScoreGetRequest"]; reply: Schemas["ScoreGetReply"] };
  /** List some players by their places, such as somebody's friends. Those without a score are left out. */
  "score/of": { data: Schemas["ScoreOfRequest"]; reply: Schemas["ScoreOfReply"] };
  /** Post a player's score. The board keeps the highest, unless it has rules of its own. */
  "score/post": { data: Schemas["ScorePostRequest"]; reply: Schemas["ScorePostReply"] };
  /** List the best players of a game. */
  "score/top": { data: Schemas["ScoreTopRequest"]; reply: Schemas["ScoreTopReply"] };
  /** Open a shop. A `shop_id` without a `shop_name` changes that shop instead, as `shop/update` does. */
  "shop/creat": { data: Schemas["ShopCreatRequest"]; reply: Schemas["ShopCreatReply"] };
  /** Another name of shop/creat. Open a shop. A `shop_id` without a `shop_name` changes that shop instead, as `shop/update` does. */
  "shop/create": { data: Schemas["ShopCreatRequest"]; reply: Schemas["ShopCreatReply"] };
  /** Get a shop. */
  "shop/get": { data: Schemas["ShopGetRequest"]; reply: Schemas["ShopGetReply"] };
  /** List shops, the newest first: all of them, those of an account, or those that contain a text. */
  "shop/list": { data: Schemas["ShopListRequest"]; reply: Schemas["ShopListReply"] };
  /** Change what one of the caller's shops says of itself. */
  "shop/update": { data: Schemas["ShopUpdateRequest"]; reply: Schemas["ShopUpdateReply"] };
  /** Send a code to a telephone. A captcha pays for the message: by its proof, or by its name and what it shows. */
  "sms/generate": { data: Schemas["SmsGenerateRequest"]; reply: Schemas["SmsGenerateReply"] };
  /** Check the proof of a code that was sent to a telephone for the purpose `register`. An accepted code is used up. */
  "sms/validate": { data: Schemas["SmsValidateRequest"]; reply: Schemas["SmsValidateReply"] };
  /** Set the caller's picture. */
  "user/avatar": { data: Schemas["UserAvatarRequest"]; reply: Schemas["UserAvatarReply"] };
  /** End a session of the caller's account; without `id` all but the one of this request. */
  "user/end_sessions": { data: Schemas["UserEndSessionsRequest"]; reply: Schemas["UserEndSessionsReply"] };
  /** Export everything stored about the caller's account. An answer has at most 100 notices: where `more` is true, call again with the id of the last notice as `after`. */
  "user/export": { data: Schemas["UserExportRequest"]; reply: Schemas["UserExportReply"] };
  /** Get the caller's account. */
  "user/info": { data: Schemas["UserInfoRequest"]; reply: Schemas["UserInfoReply"] };
  /** Log in. The account's other sessions stay open. */
  "user/login": { data: Schemas["UserLoginRequest"]; reply: Schemas["UserLoginReply"] };
  /** Log in by a code that was sent to the account's number for the purpose `login`. A wrong code and a number without an account are answered alike. */
  "user/login_sms": { data: Schemas["UserLoginSmsRequest"]; reply: Schemas["UserLoginSmsReply"] };
  /** Log out: end the session whose token is sent. */
  "user/logout": { data: Schemas["UserLogoutRequest"]; reply: Schemas["UserLogoutReply"] };
  /** Change the caller's mobile number, or give the account its first. Codes for the purpose `change` prove it: one that was sent to the new number, and one to the old number or else the password. */
  "user/mobile": { data: Schemas["UserMobileRequest"]; reply: Schemas["UserMobileReply"] };
  /** Change the caller's password. All sessions of the account end. */
  "user/password": { data: Schemas["UserPasswordRequest"]; reply: Schemas["UserPasswordReply"] };
  /** Make an account: by name, for the proof of a captcha, or by mobile number, for a code that was sent to it. */
  "user/register": { data: Schemas["UserRegisterRequest"]; reply: Schemas["UserRegisterReply"] };
  /** Remove the caller's account with all its content: notices, shops, pictures, its place on the rank board. It can't be taken back. The password proves it, or a code that was sent to the account's number for the purpose `remove`. */
  "user/remove": { data: Schemas["UserRemoveRequest"]; reply: Schemas["UserRemoveReply"] };
  /** Change the caller's user name to one that no other account has. */
  "user/rename": { data: Schemas["UserRenameRequest"]; reply: Schemas["UserRenameReply"] };
  /** Set a new password by a code that was sent to the account's number for the purpose `reset`. All sessions of the account end. A wrong code and a number without an account are answered alike. Where nobody has logged in for 90 days, only the operator can set a password. */
  "user/reset": { data: Schemas["UserResetRequest"]; reply: Schemas["UserResetReply"] };
  /** List the sessions of the caller's account that are open, the newest first, at most 100. */
  "user/sessions": { data: Schemas["UserSessionsRequest"]; reply: Schemas["UserSessionsReply"] };
  /** Change the caller's nickname. */
  "user/update": { data: Schemas["UserUpdateRequest"]; reply: Schemas["UserUpdateReply"] };
  /** Get the real name and the identity card that the caller told. */
  "user/verified": { data: Schemas["UserVerifiedRequest"]; reply: Schemas["UserVerifiedReply"] };
  /** Tell the real name and the identity card of the account's owner, once. */
  "user/verify": { data: Schemas["UserVerifyRequest"]; reply: Schemas["UserVerifyReply"] };
  /** Log in as a player of a mini-program of `[wx]`, by the code of `wx.login`. A player has no account. */
  "wx/login": { data: Schemas["WxLoginRequest"]; reply: Schemas["WxLoginReply"] };
}
