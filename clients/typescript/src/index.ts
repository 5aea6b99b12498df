import type { Operations, Schemas } from "./operations.js";
import { md5 } from "./md5.js";

export type { Operations, Schemas };
export { md5 };

/** The name of an operation, such as `score/post`. */
export type Operation = keyof Operations;

/** What a transport sends. */
export interface TransportRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** In milliseconds. */
  timeout: number;
}

/** What a transport answers. The names of headers are in lower case. */
export interface TransportResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends one POST request. It throws where no answer comes. */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

/** An operation was not done. */
export class GuichetFault extends Error {
  constructor(
    readonly operation: string,
    /** The fault's code, as in the envelope. */
    readonly status: number,
    /** The text that belongs to the code. */
    override readonly message: string,
    /** In plain words what is wrong, and with which key. */
    readonly detail: string | undefined,
    /** The HTTP status, which follows the fault. */
    readonly http: number,
    /** In how many seconds it is worth trying again, if that is known. */
    readonly retryAfter: number | undefined,
  ) {
    super(message);
    this.name = "GuichetFault";
  }
}

export interface Options {
  /** The server's address, such as `https://api.example.com`. */
  url: string;
  /** How requests are sent; `fetch` where none is given. */
  transport?: Transport;
  /** The token of a login, from an earlier session. */
  token?: string;
  /** How often a request is sent again that was refused as too early (429) or because the server is busy (503); 2. */
  retries?: number;
  /** The longest wait before a request is sent again, in seconds; 10. A longer one is answered as the fault. */
  longestWait?: number;
  /** After how many milliseconds a request is given up; 30,000. */
  timeout?: number;
}

/** A client of one server. */
export class Guichet {
  /** The token of the login, which is sent with every request. */
  token: string | undefined;
  readonly #options: Required<Omit<Options, "token">>;

  constructor(options: Options) {
    this.token = options.token;
    this.#options = {
      url: options.url.replace(/\/+$/, ""),
      transport: options.transport ?? fetchTransport,
      retries: options.retries ?? 2,
      longestWait: options.longestWait ?? 10,
      timeout: options.timeout ?? 30_000,
    };
  }

  /**
   * Calls an operation.
   *
   * @throws {GuichetFault} where it was not done
   */
  async call<K extends Operation>(
    operation: K,
    ...[data]: {} extends Operations[K]["data"] ? [data?: Operations[K]["data"]] : [data: Operations[K]["data"]]
  ): Promise<Operations[K]["reply"]> {
    const { url, transport, retries, longestWait, timeout } = this.#options;
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.token !== undefined) headers["authorization"] = `Bearer ${this.token}`;
    const request = { url: `${url}/api/op/${operation}`, headers, body: JSON.stringify(data ?? {}), timeout };
    for (let attempt = 0; ; attempt++) {
      const response = await transport(request);
      const fault = read(operation, response);
      if (!(fault instanceof GuichetFault)) return fault as Operations[K]["reply"];
      // Nothing was done where the server says when to try again.
      const wait = fault.retryAfter;
      const isEarly = (fault.http === 429 || fault.http === 503) && wait !== undefined && wait <= longestWait;
      if (!isEarly || attempt >= retries) throw fault;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }

  /** Logs in, and keeps the token for later requests. */
  async login(username: string, password: string): Promise<Schemas["UserLoginReply"]> {
    const session = await this.call("user/login", { username, password });
    this.token = session.token;
    return session;
  }

  /** Logs out, and forgets the token. */
  async logout(): Promise<void> {
    await this.call("user/logout");
    this.token = undefined;
  }

  /** Asks for a picture captcha. */
  async captcha(): Promise<Captcha> {
    const captcha = await this.call("img/generate");
    if (!("imgdata" in captcha)) throw new TypeError("the server has answered no picture");
    return new Captcha(captcha.imgdata, captcha.rand);
  }
}

/** A picture captcha. */
export class Captcha {
  constructor(
    /** The picture, a PNG in base64. */
    readonly base64: string,
    readonly rand: string,
  ) {}

  /** The picture as an address for an `<img>`. */
  get url(): string {
    return `data:image/png;base64,${this.base64}`;
  }

  /** The proof that somebody read `code` in the picture: what goes where an operation takes a `hash`. */
  proof(code: string): string {
    return md5(code.toLowerCase() + this.rand);
  }
}

/** The proof that somebody got `code` by SMS, whose message answered `rand`. */
export function smsProof(code: string, rand: string): string {
  return md5(code + rand);
}

function read(operation: string, { status, headers, body }: TransportResponse): unknown {
  let answer: Partial<{ status: number; message: string; data: unknown; detail: string }> = {};
  try {
    answer = JSON.parse(body) ?? {};
  } catch {
    // What a proxy answers is no JSON.
  }
  if (status === 200 && answer.status === 0) return answer.data;
  const seconds = Number(headers["retry-after"]);
  const retryAfter = headers["retry-after"] !== undefined && Number.isFinite(seconds) ? seconds : undefined;
  const message = answer.message ?? `HTTP ${status}`;
  return new GuichetFault(operation, answer.status ?? -404, message, answer.detail, status, retryAfter);
}

/** Sends requests by `fetch`: in browsers, Node and Deno. */
export const fetchTransport: Transport = async ({ url, headers, body, timeout }) => {
  const given = new AbortController();
  const timer = setTimeout(() => given.abort(), timeout);
  try {
    const response = await fetch(url, { method: "POST", headers, body, signal: given.signal });
    const answered: Record<string, string> = {};
    response.headers.forEach((value, name) => (answered[name.toLowerCase()] = value));
    return { status: response.status, headers: answered, body: await response.text() };
  } finally {
    clearTimeout(timer);
  }
};

/** The part of a mini-program's `wx` that is used. */
export interface Wx {
  request(options: {
    url: string;
    method: "POST";
    header: Record<string, string>;
    data: string;
    dataType: string;
    responseType: "text";
    timeout: number;
    success(result: { statusCode: number; header: Record<string, string>; data: unknown }): void;
    fail(error: { errMsg: string }): void;
  }): unknown;
}

/** Sends requests by `wx.request`: in mini-programs, which have no `fetch`. */
export const wxTransport =
  (wx: Wx): Transport =>
  ({ url, headers, body, timeout }) =>
    new Promise((resolve, reject) => {
      wx.request({
        url,
        method: "POST",
        header: headers,
        data: body,
        // Otherwise it would be parsed, and integers past 2^53 rounded, before anybody sees it.
        dataType: "text",
        responseType: "text",
        timeout,
        success: ({ statusCode, header, data }) => {
          const answered: Record<string, string> = {};
          for (const [name, value] of Object.entries(header)) answered[name.toLowerCase()] = String(value);
          resolve({ status: statusCode, headers: answered, body: typeof data === "string" ? data : JSON.stringify(data) });
        },
        fail: ({ errMsg }) => reject(new Error(errMsg)),
      });
    });
