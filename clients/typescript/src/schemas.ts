// Made by `npm run generate` from docs/api/openapi.json. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A challenge, as the client gets it. The names are ALTCHA's. */
        Challenge: {
            /** @description How numbers are hashed: `SHA-256`. */
            algorithm: string;
            /** @description The hash to find, in hex: SHA-256 of `salt` and the number, in decimal digits, behind it. */
            challenge: string;
            /**
             * Format: uint32
             * @description The number is from 0 to this one.
             */
            maxnumber: number;
            /**
             * @description Random hex digits and `?expires=SECONDS&`, in seconds since 1970. The final `&` separates
             *     the time from the number that follows.
             */
            salt: string;
            /** @description HMAC-SHA256 of `challenge` with the server's key, in hex. */
            signature: string;
        };
        /** @description Which score stands first. */
        Direction: "highest" | "lowest";
        /** @description A notice of the account: as `property/query` tells it. */
        ExportedNotice: {
            /**
             * Format: int64
             * @description The notice's id.
             */
            id: number;
            /**
             * Format: int64
             * @description 1 lost, 2 found.
             */
            type: number;
            /**
             * Format: int64
             * @description 0 going on, 1 ended.
             */
            state: number;
            /** @description Labels, joined by `|`. */
            lab: string;
            /** @description Its title. */
            title: string;
            /** @description What it says. */
            content: string;
            /** @description When it was lost or found. */
            occurrence_time: string;
            /** @description The name to ask for. */
            user_name: string;
            /** @description A telephone number, or empty. */
            user_phone: string;
            /** @description A QQ number, or empty. */
            user_qq: string;
            /** @description Who answered it, or empty. */
            user2_id: string;
            /** @description His name, or empty. */
            user2_name: string;
            /** @description His telephone number, or empty. */
            user2_phone: string;
            /** @description His QQ number, or empty. */
            user2_qq: string;
            /** @description When it was published. */
            publish_time: string;
            /** @description When it was last changed. */
            update_time: string;
            /** @description The first picture's address, or empty. */
            pic_url1: string;
            /** @description The second picture's address, or empty. */
            pic_url2: string;
            /** @description The third picture's address, or empty. */
            pic_url3: string;
        };
        /** @description A picture. */
        ExportedPicture: {
            /** @description Its kind: png, jpg, gif or webp. */
            type: string;
            /** @description The file in base64. */
            base64: string;
        };
        /** @description A shop of the account. */
        ExportedShop: {
            /**
             * Format: int64
             * @description The shop's id.
             */
            shop_id: number;
            /** @description Its name. */
            shop_name: string;
            /** @description What it says of itself. */
            shop_content: string;
            /** @description When it was opened. */
            creat_time: string;
        };
        /** @description The answer of an operation that was not done. */
        Fault: {
            /**
             * Format: int64
             * @description The fault's code, as in the envelope.
             */
            status: number;
            /** @description The text that belongs to the code. */
            message: string;
            /** @description Empty. */
            data: Record<string, never>;
            /** @description In plain words what is wrong, and with which key. */
            detail?: string;
        };
        /** @description A picture and the random text that goes into its proof, or a challenge of proof of work. */
        ImgGenerateReply: {
            /** @description The picture, a PNG in base64. */
            imgdata: string;
            /** @description Random letters and digits. The proof is `md5(lowercase(code) + rand)`, in hex. */
            rand: string;
        } | components["schemas"]["Challenge"];
        ImgGenerateRequest: {
            /** @description `image`, or `pow` for proof of work; a picture where it is absent. */
            kind?: ("image" | "pow") | null;
            /** @description A name of the client's own for the captcha, which replaces an earlier one of this name. */
            id?: string | null;
            /** @description How the picture is encoded; PNG where it is absent. */
            format?: ("png" | "jpg" | "jpeg" | "image/png" | "image/jpg" | "image/jpeg") | null;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        ImgValidateReply: Record<string, never>;
        ImgValidateRequest: {
            /** @description The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work. */
            hash: string;
        };
        /** @description A player of those that were asked for. */
        OfRow: {
            /** @description The player, as the game names him. */
            openid: string;
            /** @description The player's name; empty where it was never told. */
            nickname: string | null;
            /** @description The address of the player's picture; empty where it was never told. */
            avatar: string | null;
            /**
             * Format: int64
             * @description The score that counts.
             */
            score: number;
            /**
             * Format: uint64
             * @description The place, from 1.
             */
            rank: number;
            /** @description `true` on the row of the player that was asked for; absent on others. */
            me?: boolean;
            /** @description What the game added to the score; absent where it added nothing. */
            metadata?: string | null;
        };
        /** @description A session that is open. */
        OpenSession: {
            /** @description What names it, for `user/end_sessions`. It is not its token. */
            id: string;
            /** @description When somebody logged in, `YYYY-MM-DD HH:MM:SS`; empty where that was not written down. */
            opened: string;
            /** @description When it ends by itself, `YYYY-MM-DD HH:MM:SS`. */
            expires: string;
            /** @description The client's address at the login, of IPv6 its network; empty where it is not known. */
            address: string;
            /** @description Is it the session of this request? */
            current: boolean;
        };
        /** @description How long a season lasts. */
        Period: "none" | "day" | "week" | "month" | "manual";
        /** @description A new player. */
        PlayerGuestReply: {
            /** @description The token, for posts and requests of this player. It is good for 180 days. */
            token: string;
            /** @description The player's openid. */
            openid: string;
        };
        PlayerGuestRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
        };
        /** @description Whether the player was unknown before. */
        PlayerUpdateReply: {
            /** @description Whether the player was unknown before. */
            new: boolean;
        };
        PlayerUpdateRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /** @description The player, as the game names him. */
            openid: string;
            /** @description What the board shows as the player's name. */
            nickname?: string | null;
            /**
             * Format: int64
             * @description 0 unknown, 1 male, 2 female.
             */
            sex?: number | null;
            /** @description The player's province. */
            province?: string | null;
            /** @description The player's city. */
            city?: string | null;
            /** @description The player's country. */
            country?: string | null;
            /** @description The address of a picture of the player: http or https, or empty. */
            headimgurl?: string | null;
        };
        /** @description A picture. */
        PortraitFileReply: {
            /** @description The picture, in base64. */
            base64: string;
            /**
             * @description What kind of picture it is.
             * @enum {string}
             */
            type: "png" | "jpg" | "gif" | "webp";
        };
        PortraitFileRequest: {
            /** @description The file's name, as an address of a picture ends. */
            name: string;
        };
        /** @description A picture. */
        PortraitGetReply: {
            /** @description The picture, in base64. */
            base64: string;
            /**
             * @description What kind of picture it is.
             * @enum {string}
             */
            type: "png" | "jpg" | "gif" | "webp";
        };
        PortraitGetRequest: {
            /** @description The portrait's number. */
            id: string | number;
        };
        /** @description The address of the portrait: by its number, or, with a public store, by the picture's file name. */
        PortraitUploadReply: {
            /** @description The address of the portrait. */
            url: string;
        };
        PortraitUploadRequest: {
            /** @description Any name; it is not kept. */
            name: string;
            /** @description 1 to 15 digits. */
            id: string | number;
            /** @description The picture in base64, with or without a `data:` prefix. */
            base64: string;
            /** @description What kind of picture it is: `png`, `jpg`, `jpeg`, `gif` or `webp`, or those as `image/…`. */
            type: string;
        };
        /** @description An account, as its owner sees it. */
        Profile: {
            /**
             * Format: int64
             * @description The account's id.
             */
            user_id: number;
            /** @description The name to log in by. */
            username: string;
            /** @description The name to show. */
            nickname: string;
            /** @description The address of the account's picture; empty where it has none. */
            profile_picture: string;
            /** @description The mobile number; empty where there is none. */
            mobile: string;
            /** @description When the account was made, `YYYY-MM-DD HH:MM:SS`. */
            create_time: string;
            /** @description Whether a real name was told. */
            verified: boolean;
        };
        /** @description Which notice was written. The seed calls its id `uid` here and `id` in a row. */
        PropertyAddReply: {
            /**
             * Format: int64
             * @description The notice's id.
             */
            uid: number;
        };
        PropertyAddRequest: {
            /**
             * Format: int64
             * @description 1 lost, 2 found.
             */
            type: number;
            /** @description 0 going on, 1 ended. */
            state?: number | string | null;
            /** @description Labels, joined by `|`. */
            lab: string;
            /** @description The title. */
            title: string;
            /** @description What the notice says. */
            content: string;
            /** @description When it was lost or found, `YYYY-MM-DD HH:MM:SS`. */
            occurrence_time: string | null;
            /** @description The caller's id. */
            user_id?: string | null;
            /** @description The name to ask for. */
            user_name: string;
            /** @description A telephone number. */
            user_phone: string | null;
            /** @description A QQ number. */
            user_qq: string | null;
            /** @description When it is published; now where it is empty or absent. */
            publish_time?: string | null;
            /** @description How many pictures there are. */
            pic_num?: number | string | null;
            /** @description The first picture's address. */
            pic_url1?: string | null;
            /** @description The second picture's address. */
            pic_url2?: string | null;
            /** @description The third picture's address. */
            pic_url3?: string | null;
        };
        /** @description Which notice was written. The seed calls its id `uid` here and `id` in a row. */
        PropertyDeleteReply: {
            /**
             * Format: int64
             * @description The notice's id.
             */
            uid: number;
        };
        PropertyDeleteRequest: {
            /**
             * Format: int64
             * @description The notice's id.
             */
            id: number;
            /** @description The caller's id. */
            user_id?: string | null;
        };
        PropertyQueryReply: {
            /**
             * Format: int64
             * @description The notice's id.
             */
            id: number;
            /**
             * Format: int64
             * @description 1 lost, 2 found.
             */
            type: number;
            /**
             * Format: int64
             * @description 0 going on, 1 ended.
             */
            state: number;
            /** @description Labels, joined by `|`. */
            lab: string;
            /** @description Its title. */
            title: string;
            /** @description What it says. */
            content: string;
            /** @description When it was lost or found. */
            occurrence_time: string;
            /** @description The account that published it. */
            user_id: string;
            /** @description The name to ask for. */
            user_name: string;
            /** @description A telephone number, or empty. */
            user_phone: string;
            /** @description A QQ number, or empty. */
            user_qq: string;
            /** @description Who answered it, or empty. */
            user2_id: string;
            /** @description His name, or empty. */
            user2_name: string;
            /** @description His telephone number, or empty. */
            user2_phone: string;
            /** @description His QQ number, or empty. */
            user2_qq: string;
            /** @description When it was published. */
            publish_time: string;
            /** @description When it was last changed. */
            update_time: string;
            /**
             * Format: int64
             * @description How many pictures it has.
             */
            pic_num: number;
            /** @description The first picture's address, or empty. */
            pic_url1: string;
            /** @description The second picture's address, or empty. */
            pic_url2: string;
            /** @description The third picture's address, or empty. */
            pic_url3: string;
        }[];
        PropertyQueryRequest: {
            /** @description The token, if it comes in no header. */
            token?: string | null;
            /**
             * Format: int64
             * @description 1 lost, 2 found.
             */
            type: number;
            /** @description Any part of labels, title or content, or the whole id or user_id. */
            key?: string | null;
            /**
             * Format: int64
             * @description The most rows.
             */
            limit?: number | null;
            /**
             * Format: int64
             * @description Only rows after this row's id.
             */
            before?: number | null;
            /**
             * Format: int64
             * @description Exactly this.
             */
            id?: number | null;
            /**
             * Format: int64
             * @description Exactly this.
             */
            state?: number | null;
            /**
             * Format: int64
             * @description Exactly this.
             */
            pic_num?: number | null;
            /** @description Exactly this. */
            occurrence_time?: string | null;
            /** @description Exactly this. */
            publish_time?: string | null;
            /** @description Exactly this. */
            update_time?: string | null;
            /** @description Any part of the text. */
            lab?: string | null;
            /** @description Any part of the text. */
            title?: string | null;
            /** @description Any part of the text. */
            content?: string | null;
            /** @description Any part of the text. */
            user_id?: string | null;
            /** @description Any part of the text. */
            user_name?: string | null;
            /** @description Any part of the text. */
            user_phone?: string | null;
            /** @description Any part of the text. */
            user_qq?: string | null;
            /** @description Any part of the text. */
            user2_id?: string | null;
            /** @description Any part of the text. */
            user2_name?: string | null;
            /** @description Any part of the text. */
            user2_phone?: string | null;
            /** @description Any part of the text. */
            user2_qq?: string | null;
            /** @description Any part of the text. */
            pic_url1?: string | null;
            /** @description Any part of the text. */
            pic_url2?: string | null;
            /** @description Any part of the text. */
            pic_url3?: string | null;
        };
        /** @description Which notice was written. The seed calls its id `uid` here and `id` in a row. */
        PropertyUpdateReply: {
            /**
             * Format: int64
             * @description The notice's id.
             */
            uid: number;
        };
        PropertyUpdateRequest: {
            /**
             * Format: int64
             * @description The notice's id.
             */
            id: number;
            /**
             * Format: int64
             * @description 1 lost, 2 found.
             */
            type?: number;
            /**
             * Format: int64
             * @description 0 going on, 1 ended.
             */
            state?: number;
            /** @description Labels, joined by `|`. */
            lab?: string;
            /** @description The title. */
            title?: string;
            /** @description What the notice says. */
            content?: string;
            /** @description When it was lost or found, `YYYY-MM-DD HH:MM:SS`. */
            occurrence_time?: string | null;
            /** @description The caller's id. */
            user_id?: string | null;
            /** @description The name to ask for. */
            user_name?: string;
            /** @description A telephone number. */
            user_phone?: string | null;
            /** @description A QQ number. */
            user_qq?: string | null;
            /** @description Who answered the notice. */
            user2_id?: string | null;
            /** @description The name of who answered. */
            user2_name?: string | null;
            /** @description The telephone number of who answered. */
            user2_phone?: string | null;
            /** @description The QQ number of who answered. */
            user2_qq?: string | null;
            /** @description When it was changed; now where it is empty or absent. */
            update_time?: string | null;
            /** @description How many pictures there are. */
            pic_num?: number | string | null;
            /** @description The first picture's address. */
            pic_url1?: string | null;
            /** @description The second picture's address. */
            pic_url2?: string | null;
            /** @description The third picture's address. */
            pic_url3?: string | null;
        };
        RankAroundReply: components["schemas"]["RankRow"][];
        RankAroundRequest: {
            /** @description The account's id; the caller's where it is absent. */
            user?: number | string | null;
            /**
             * Format: int64
             * @description How many places on each side; 5 where it is absent.
             */
            span?: number | null;
        };
        RankListReply: components["schemas"]["RankRow"][];
        RankListRequest: {
            /** @description The first and the last place, from 1; at most 1000 places. */
            arange?: number[] | null;
        };
        /** @description One place. */
        RankRow: {
            /**
             * Format: uint64
             * @description The place, from 1.
             */
            ranking: number;
            /** @description The account's id, in digits. */
            user: string;
            /**
             * Format: int64
             * @description The score.
             */
            rank_score: number;
        };
        /** @description What an upload comes to. */
        RankUploadReply: {
            /**
             * Format: uint64
             * @description The caller's place, from 1.
             */
            ranking: number | null;
        } | {
            /** @description The places asked for. */
            list: components["schemas"]["RankRow"][];
            /** @description The caller's place. */
            self: components["schemas"]["RankRow"] | null;
            /**
             * Format: int64
             * @description -1, 0 or 1: whether the client's version is older than the server's, the same or newer.
             */
            version?: number | null;
        };
        RankUploadRequest: {
            /**
             * Format: int64
             * @description The score.
             */
            rank: number;
            /** @description Whether the answer is to hold the list instead of the place alone. */
            list?: boolean | null;
            /** @description The first and the last place, from 1; at most 1000 places. */
            arange?: number[] | null;
            /** @description The client's version: numbers between dots. */
            version?: string | null;
        };
        /** @description Who the account's owner is. Answered to that account alone. */
        RealName: {
            /**
             * Format: int64
             * @description The account's id.
             */
            user_id: number;
            /** @description The owner's name; `null` where it was not told. */
            real_name: string | null;
            /** @description The number of the owner's identity card; `null` where it was not told. */
            id_card: string | null;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        ReportAddReply: Record<string, never>;
        ReportAddRequest: {
            /** @description The id of a notice. */
            notice?: number | string | null;
            /** @description The id of a shop. */
            shop?: number | string | null;
            /** @description The id of an account. */
            account?: number | string | null;
            /** @description What is wrong with it. */
            reason: string;
        };
        /** @description A round. */
        RoundStartReply: {
            /** @description The ticket, for `score/post`. It is good for two hours. */
            round: string;
            /**
             * Format: int64
             * @description The server's time, in milliseconds since 1970.
             */
            time: number;
        };
        RoundStartRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /** @description The player, as the game names him. */
            openid: string;
        };
        /** @description Which of a player's scores counts. */
        Rule: "best" | "last" | "sum";
        ScoreAroundReply: components["schemas"]["ScoreRow"][];
        ScoreAroundRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /** @description The player, as the game names him. */
            openid: string;
            /**
             * Format: int64
             * @description How many places on each side; 5 where it is absent.
             */
            span?: number | null;
            /**
             * Format: int64
             * @description The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
             */
            season?: number | null;
        };
        /** @description A board. */
        ScoreBoardReply: {
            /** @description Which of a player's scores counts. */
            rule: components["schemas"]["Rule"];
            /** @description Which score stands first. */
            order: components["schemas"]["Direction"];
            /** @description Who of two players with the same score stands first. */
            ties: components["schemas"]["Ties"];
            /**
             * Format: uint64
             * @description How many players have a score, in the current season where there are seasons.
             */
            players: number;
            /** @description The current season. */
            season: components["schemas"]["Season"];
        };
        ScoreBoardRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
        };
        /** @description Where a player stands. */
        ScoreGetReply: {
            /**
             * Format: int64
             * @description The score that counts: the highest, or what the rules of the board say.
             */
            score: number;
            /**
             * Format: uint64
             * @description The player's place, from 1.
             */
            rank: number;
            /** @description What the game added to the score; absent where it added nothing. */
            metadata?: string | null;
        };
        ScoreGetRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /** @description The player, as the game names him. */
            openid: string;
            /**
             * Format: int64
             * @description The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
             */
            season?: number | null;
        };
        ScoreOfReply: components["schemas"]["OfRow"][];
        ScoreOfRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /** @description The players. */
            openids: string[];
            /**
             * Format: int64
             * @description The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
             */
            season?: number | null;
        };
        /** @description How the player stands now. */
        ScorePostReply: {
            /**
             * Format: int64
             * @description What counts: the highest so far, or what the rules of the board say.
             */
            score: number;
            /**
             * Format: uint64
             * @description The player's place, from 1.
             */
            rank: number;
            /** @description The player's first score, of the season where the board has seasons. */
            new: boolean;
            /**
             * Format: int64
             * @description The season in which it counts; absent where the board has no rules of its own.
             */
            season?: number | null;
        };
        ScorePostRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /** @description The player, as the game names him. */
            openid: string;
            /**
             * Format: int64
             * @description The score.
             */
            score: number;
            /** @description The ticket of `round/start`, where the game asks for one. */
            round?: string | null;
            /** @description What the game adds to the score, at most 256 bytes: for boards with rules of their own. */
            metadata?: string | null;
        };
        /**
         * @description One place of a board, as everyone may see it: without the openid, which is all that a post
         *     needs.
         */
        ScoreRow: {
            /** @description The player's name; empty where it was never told. */
            nickname: string | null;
            /** @description The address of the player's picture; empty where it was never told. */
            avatar: string | null;
            /**
             * Format: int64
             * @description The score that counts.
             */
            score: number;
            /**
             * Format: uint64
             * @description The place, from 1.
             */
            rank: number;
            /** @description `true` on the row of the player that was asked for; absent on others. */
            me?: boolean;
            /** @description What the game added to the score; absent where it added nothing. */
            metadata?: string | null;
        };
        ScoreTopReply: components["schemas"]["ScoreRow"][];
        ScoreTopRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /**
             * Format: int64
             * @description How many places; 100 where it is absent.
             */
            limit?: number | null;
            /** @description Whether nickname and avatar of players who told nothing of themselves are `null` instead of empty. */
            null_faces?: boolean | null;
            /**
             * Format: int64
             * @description The season, by its number or, below 0, by how many seasons ago it was. The current one where it is absent.
             */
            season?: number | null;
        };
        /** @description A season. */
        Season: {
            /** @description How long it lasts. */
            period: components["schemas"]["Period"];
            /**
             * Format: int64
             * @description Its number, from 1; 1 where there are no seasons.
             */
            number: number;
            /** @description When it began; `null` on a board without rules of its own. */
            began_at: string | null;
            /** @description When it ends; `null` if it does not by itself. */
            ends_at: string | null;
            /**
             * Format: int64
             * @description For how many seconds it still lasts; `null` if it does not end by itself.
             */
            seconds_left: number | null;
        };
        /** @description The new shop; nothing where it was an update. */
        ShopCreatReply: {
            /**
             * Format: int64
             * @description The new shop's id; absent where a shop was changed.
             */
            shop_id?: number | null;
        };
        ShopCreatRequest: {
            /** @description The shop's name; no other shop has it, and it can't be changed. */
            shop_name: string;
            /** @description What the shop says of itself. */
            shop_content?: string | null;
            /**
             * Format: int64
             * @description The caller's id.
             */
            user_id?: number | null;
        } | {
            /** @description The shop's id. */
            shop_id: number | string;
            /** @description What the shop says of itself. */
            shop_content: string;
        };
        /** @description A shop, as anyone sees it. */
        ShopGetReply: {
            /**
             * Format: int64
             * @description The shop's id: nine digits.
             */
            shop_id: number;
            /** @description Its name, which no other shop has. */
            shop_name: string;
            /** @description What it says of itself. */
            shop_content: string;
            /**
             * Format: int64
             * @description The account whose it is.
             */
            user_id: number;
            /** @description When it was opened, `YYYY-MM-DD HH:MM:SS`. */
            creat_time: string;
        };
        ShopGetRequest: {
            /** @description The shop's id. */
            shop_id: number | string;
        };
        ShopListReply: {
            /**
             * Format: int64
             * @description The shop's id: nine digits.
             */
            shop_id: number;
            /** @description Its name, which no other shop has. */
            shop_name: string;
            /** @description What it says of itself. */
            shop_content: string;
            /**
             * Format: int64
             * @description The account whose it is.
             */
            user_id: number;
            /** @description When it was opened. */
            creat_time: string;
        }[];
        ShopListRequest: {
            /**
             * Format: int64
             * @description Only this account's shops.
             */
            user_id?: number | null;
            /** @description Only shops with this text in the name or the content. */
            key?: string | null;
            /**
             * Format: int64
             * @description The most shops; 100 where it is absent.
             */
            limit?: number | null;
            /** @description Only shops after this one in the list: its id. */
            before?: number | string | null;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        ShopUpdateReply: Record<string, never>;
        ShopUpdateRequest: {
            /** @description The shop's id. */
            shop_id: number | string;
            /** @description What the shop says of itself. */
            shop_content: string;
        };
        /** @description The random text that, behind the code, makes the proof. */
        SmsGenerateReply: {
            /** @description Random letters and digits. The proof of the code is `md5(code + rand)`, in hex. */
            rand: string;
        };
        SmsGenerateRequest: {
            /** @description A mobile number of mainland China, without a country code. */
            phone: string;
            /** @description The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work. */
            hash: string;
            /** @description What the code is for; `register` if absent. It proves nothing else. */
            purpose?: ("register" | "login" | "reset" | "change" | "remove") | null;
        } | {
            /** @description A mobile number of mainland China, without a country code. */
            phone: string;
            /** @description What the captcha shows. */
            text: string;
            /** @description The captcha's name. */
            id: string;
            /** @description What the code is for; `register` if absent. It proves nothing else. */
            purpose?: ("register" | "login" | "reset" | "change" | "remove") | null;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        SmsValidateReply: Record<string, never>;
        SmsValidateRequest: {
            /** @description A mobile number of mainland China, without a country code. */
            phone: string;
            /** @description The proof of the code: `md5(code + rand)`, in hex. */
            hash: string;
        };
        /** @description Who of two players with the same score stands first. */
        Ties: "first" | "shared";
        /** @description Where the picture is to be had. */
        UserAvatarReply: {
            /** @description The picture's address. */
            url: string;
        };
        UserAvatarRequest: {
            /** @description The picture in base64, with or without a `data:` prefix. */
            base64: string;
            /** @description What kind of picture it is: `png`, `jpg`, `jpeg`, `gif` or `webp`, or those as `image/…`. */
            type?: string | null;
        };
        /** @description What was ended. */
        UserEndSessionsReply: {
            /**
             * Format: uint64
             * @description How many sessions were ended.
             */
            ended: number;
        };
        UserEndSessionsRequest: {
            /** @description The session's id, as `user/sessions` tells it. */
            id?: string | null;
        };
        /** @description Everything stored about an account. */
        UserExportReply: {
            /** @description The account. */
            account: components["schemas"]["Profile"];
            /** @description The real name and the identity card. */
            owner: components["schemas"]["RealName"];
            /** @description The sessions that are open. */
            sessions: components["schemas"]["OpenSession"][];
            /**
             * Format: int64
             * @description The newest score on the rank leaderboard, if there is one.
             */
            rank: number | null;
            /** @description The account's shops. */
            shops: components["schemas"]["ExportedShop"][];
            /** @description The account's notices, the oldest first. */
            notices: components["schemas"]["ExportedNotice"][];
            /** @description Are there more notices? */
            more: boolean;
            /** @description The account's avatar; `null` if it has none, and where `after` was sent. */
            avatar: components["schemas"]["ExportedPicture"] | null;
            /** @description The portrait under the account's id; `null` if there is none, and where `after` was sent. */
            portrait: components["schemas"]["ExportedPicture"] | null;
            /** @description Other ids under which the account uploaded a portrait. */
            portraits: number[];
        };
        UserExportRequest: {
            /**
             * Format: int64
             * @description Only notices with a greater id than this; the answer has no pictures then.
             */
            after?: number | null;
        };
        /** @description An account, as its owner sees it. */
        UserInfoReply: {
            /**
             * Format: int64
             * @description The account's id.
             */
            user_id: number;
            /** @description The name to log in by. */
            username: string;
            /** @description The name to show. */
            nickname: string;
            /** @description The address of the account's picture; empty where it has none. */
            profile_picture: string;
            /** @description The mobile number; empty where there is none. */
            mobile: string;
            /** @description When the account was made, `YYYY-MM-DD HH:MM:SS`. */
            create_time: string;
            /** @description Whether a real name was told. */
            verified: boolean;
        };
        UserInfoRequest: Record<string, never>;
        /** @description The new session: its token and its account. */
        UserLoginReply: {
            /** @description What proves the login in later requests: 32 hex digits. */
            token: string;
            /**
             * Format: int64
             * @description The account's id.
             */
            user_id: number;
            /** @description The name to log in by. */
            username: string;
            /** @description The name to show. */
            nickname: string;
            /** @description The address of the account's picture; empty where it has none. */
            profile_picture: string;
        };
        UserLoginRequest: {
            /** @description The user name, or the mobile number. */
            username: string;
            /** @description Plain text, or the md5 of it in 32 hex digits. */
            password: string;
            /** @description The proof of a captcha, for one more try where there were too many. */
            hash?: string | null;
        };
        /** @description The new session: its token and its account. */
        UserLoginSmsReply: {
            /** @description What proves the login in later requests: 32 hex digits. */
            token: string;
            /**
             * Format: int64
             * @description The account's id.
             */
            user_id: number;
            /** @description The name to log in by. */
            username: string;
            /** @description The name to show. */
            nickname: string;
            /** @description The address of the account's picture; empty where it has none. */
            profile_picture: string;
        };
        UserLoginSmsRequest: {
            /** @description A mobile number of mainland China, without a country code. */
            mobile: string;
            /** @description The code that was sent to the number. */
            sms_code: string;
            /** @description The account's password. Needed only where nobody has logged in for 90 days. */
            password?: string | null;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        UserLogoutReply: Record<string, never>;
        UserLogoutRequest: Record<string, never>;
        /** @description The answer of an operation that has nothing to say: `{}`. */
        UserMobileReply: Record<string, never>;
        UserMobileRequest: {
            /** @description The new number. */
            mobile: string;
            /** @description The code that was sent to the new number. */
            sms_code: string;
            /** @description The code that was sent to the old number. */
            old_code?: string | null;
            /** @description The account's password, in the place of a code to the old number. */
            password?: string | null;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        UserPasswordReply: Record<string, never>;
        UserPasswordRequest: {
            /** @description Plain text, or the md5 of it in 32 hex digits. */
            old_password: string;
            /** @description Plain text, or the md5 of it in 32 hex digits. */
            new_password: string;
        };
        /** @description The new account. */
        UserRegisterReply: {
            /**
             * Format: int64
             * @description The new account's id.
             */
            user_id: number;
        };
        UserRegisterRequest: {
            /** @description The name to log in by. */
            username: string;
            /** @description Plain text, or the md5 of it in 32 hex digits. */
            password: string;
            /** @description The proof of a captcha: `md5(lowercase(code) + rand)` in hex, or a solved proof of work. */
            hash: string;
        } | {
            /** @description A mobile number of mainland China, without a country code. */
            mobile: string;
            /** @description The code that was sent to the number. */
            sms_code: string;
            /** @description Plain text, or the md5 of it in 32 hex digits. */
            password: string;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        UserRemoveReply: Record<string, never>;
        UserRemoveRequest: {
            /** @description The account's password. */
            password?: string | null;
            /** @description The code that was sent to the account's number. */
            sms_code?: string | null;
        };
        /** @description The account's new name. */
        UserRenameReply: {
            /** @description The new name. */
            username: string;
        };
        UserRenameRequest: {
            /** @description The new name to log in by. */
            username: string;
        };
        /** @description The answer of an operation that has nothing to say: `{}`. */
        UserResetReply: Record<string, never>;
        UserResetRequest: {
            /** @description A mobile number of mainland China, without a country code. */
            mobile: string;
            /** @description The code that was sent to the number. */
            sms_code: string;
            /** @description Plain text, or the md5 of it in 32 hex digits. */
            new_password: string;
        };
        /** @description The sessions. */
        UserSessionsReply: {
            /** @description The sessions, the newest first. */
            sessions: components["schemas"]["OpenSession"][];
        };
        UserSessionsRequest: Record<string, never>;
        /** @description The answer of an operation that has nothing to say: `{}`. */
        UserUpdateReply: Record<string, never>;
        UserUpdateRequest: {
            /** @description The new name to show. */
            nickname: string;
        };
        /** @description Who the account's owner is. Answered to that account alone. */
        UserVerifiedReply: {
            /**
             * Format: int64
             * @description The account's id.
             */
            user_id: number;
            /** @description The owner's name; `null` where it was not told. */
            real_name: string | null;
            /** @description The number of the owner's identity card; `null` where it was not told. */
            id_card: string | null;
        };
        UserVerifiedRequest: Record<string, never>;
        /** @description The answer of an operation that has nothing to say: `{}`. */
        UserVerifyReply: Record<string, never>;
        UserVerifyRequest: {
            /** @description The owner's name, as the identity card has it. */
            real_name: string;
            /** @description The number of the identity card: 17 digits and a check digit, which may be `X`. */
            id_card: string;
        };
        /** @description A player's session. */
        WxLoginReply: {
            /** @description The token, for posts and requests of this player. It is good for 180 days. */
            token: string;
            /** @description The player's openid. */
            openid: string;
        };
        WxLoginRequest: {
            /** @description The game's name; `default` where it is absent. */
            app?: string | null;
            /** @description What `wx.login` gave: good once, for five minutes. */
            code: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
