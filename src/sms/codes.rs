//! The integer codes of SMS gateways that clients of seed 003 know (contract page `sms.md`).

/// A failure without a code of its own; also a gateway that cannot be reached.
pub const OTHER: i64 = 1007;

/// The gateway did not answer in time.
pub const TIME_OUT: i64 = 1008;

/// The number is not one that messages go to.
pub const PHONE: i64 = 1016;

/// One number, 30 seconds: used up.
pub const HALF_MINUTE: i64 = 1023;

/// One number, one hour: used up.
pub const HOUR: i64 = 1024;

/// One day: used up.
pub const DAY: i64 = 1025;

/// The gateway took the message, but its outcome was not known in time.
pub const NOT_DONE_IN_TIME: i64 = 60008;

/// Is the code one of the table's?
pub fn is_known(code: i64) -> bool {
    code == OTHER || message(code) != message(OTHER)
}

/// The text that belongs to `code`; that of [`OTHER`] where the code is not in the table.
pub const fn message(code: i64) -> &'static str {
    match code {
        1001 => "sig校验失败",
        1002 => "短信内容中含有敏感词",
        1003 => "请求包体没有sig字段",
        1004 => "请求包解析失败",
        1006 => "请求没有权限",
        1008 => "请求下发短信超时",
        1009 => "请求ip不在白名单中",
        1011 => "不存在该REST API接口",
        1012 => "签名格式错误或签名未审批",
        1013 => "下发短信命中了频率限制策略",
        1014 => "模版未审批或请求的内容与审核通过的模版内容不匹配",
        1015 => "手机号在黑名单库中",
        1016 => "手机号格式错误",
        1017 => "请求的短信内容太长",
        1018 => "语音验证码格式错误",
        1019 => "sdkappid不存在",
        1020 => "sdkappid已禁用",
        1021 => "请求发起时间不正常",
        1022 => "业务短信日下发条数超过设定的上限",
        1023 => "单个手机号30秒内下发短信条数超过设定的上限",
        1024 => "单个手机号1小时内下发短信条数超过设定的上限",
        1025 => "单个手机号日下发短信条数超过设定的上限",
        1026 => "单个手机号下发相同内容超过设定的上限",
        1029 => "营销短信发送时间限制",
        1030 => "不支持该请求",
        1031 => "套餐包余量不足",
        1032 => "个人用户没有发营销短信的权限",
        1033 => "欠费被停止服务",
        1034 => "群发请求里既有国内手机号也有国际手机号",
        1036 => "单个模板变量字符数超过12个",
        1045 => "不支持该地区短信下发",
        1046 => "调用群发API接口单次提交的手机号个数超过200个",
        1047 => "国际短信日下发条数被限制",
        60008 => "处理请求超时",
        _ => "其他错误",
    }
}
