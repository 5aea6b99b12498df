//! What Tencent's codes mean: the integer that clients of seed 003 know, and what became of the
//! message.
//!
//! API 3.0 has codes of text where the API that seed 003 was written for had integers. Its page of
//! codes, <https://cloud.tencent.com/document/api/382/59177>, keeps the order and the words of the
//! old table (contract page `sms.md`); the codes that all of Tencent's APIs share are on
//! <https://cloud.tencent.com/document/api/382/52075>, and newer ones in the SDKs.

use super::super::{DeliveryOutcome, codes};

/// What a message was answered that was taken.
pub const TAKEN: &str = "Ok";

/// What a message to no number is answered, where all else is right.
pub const NO_NUMBER: &str = "MissingParameter.EmptyPhoneNumberSet";

/// Too many requests a second, of the account or the address: nothing was looked at yet.
pub fn is_too_fast(code: &str) -> bool {
    family(code) == "RequestLimitExceeded"
}

/// Whether the message may have been sent all the same.
pub fn outcome(code: &str) -> DeliveryOutcome {
    match code {
        // Told before anything is sent, whatever their family.
        "InternalError.SigVerificationFail"
        | "InternalError.SigFieldMissing"
        | "InternalError.JsonParseFail"
        | "InternalError.RequestTimeException"
        | "InternalError.RestApiInterfaceNotExist" => DeliveryOutcome::Refused,
        "ServiceUnavailable" | "ResourceUnavailable" => DeliveryOutcome::Unreached,
        _ if family(code) == "InternalError" => DeliveryOutcome::Unknown,
        _ => DeliveryOutcome::Refused,
    }
}

/// What stands before the dot.
fn family(code: &str) -> &str {
    code.split('.').next().unwrap_or_default()
}

/// The integer for a code; [`codes::OTHER`] for those that the old table has nothing for.
pub fn integer(code: &str) -> i64 {
    match code {
        "InternalError.SigVerificationFail"
        | "AuthFailure.SignatureFailure"
        | "AuthFailure.SecretIdNotFound"
        | "AuthFailure.InvalidSecretId"
        | "AuthFailure.InvalidAuthorization"
        | "AuthFailure.TokenFailure"
        | "AuthFailure.MFAFailure" => 1001,
        "FailedOperation.ContainSensitiveWord"
        | "InvalidParameter.DirtyWordFound"
        | "InvalidParameterValue.TemplateWithDirtyWords" => 1002,
        "InternalError.SigFieldMissing" => 1003,
        "FailedOperation.FailResolvePacket"
        | "FailedOperation.JsonParseFail"
        | "InternalError.JsonParseFail"
        | "InvalidRequest"
        | "InvalidParameter"
        | "InvalidParameter.InvalidParameters"
        | "InvalidParameterValue"
        | "MissingParameter"
        | NO_NUMBER
        | "UnknownParameter" => 1004,
        "UnauthorizedOperation.RequestPermissionDeny"
        | "UnauthorizedOperation"
        | "AuthFailure.UnauthorizedOperation" => 1006,
        "InternalError.Timeout" => codes::TIME_OUT,
        "UnauthorizedOperation.RequestIpNotInWhitelist" | "IpNotInWhitelist" | "IpInBlacklist" => {
            1009
        }
        "InternalError.RestApiInterfaceNotExist"
        | "ActionOffline"
        | "InvalidAction"
        | "NoSuchProduct"
        | "NoSuchVersion" => 1011,
        "FailedOperation.SignatureIncorrectOrUnapproved" => 1012,
        "LimitExceeded.DeliveryFrequencyLimit" | "LimitExceeded" => 1013,
        "FailedOperation.TemplateIncorrectOrUnapproved"
        | "FailedOperation.TemplateUnapprovedOrNotExist"
        | "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        | "InvalidParameterValue.TemplateParameterFormatError"
        | "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter" => 1014,
        "FailedOperation.PhoneNumberInBlacklist" => 1015,
        "InvalidParameterValue.IncorrectPhoneNumber" | "FailedOperation.PhoneNumberParseFail" => {
            codes::PHONE
        }
        "InvalidParameterValue.ContentLengthLimit" => 1017,
        "InvalidParameterValue.SdkAppIdNotExist"
        | "InvalidParameter.AppidAndBizId"
        | "UnauthorizedOperation.SmsSdkAppIdVerifyFail" => 1019,
        "UnauthorizedOperation.SdkAppIdIsDisabled" => 1020,
        "InternalError.RequestTimeException" | "AuthFailure.SignatureExpire" => 1021,
        "LimitExceeded.AppDailyLimit" | "LimitExceeded.AppMainlandChinaDailyLimit" => 1022,
        "LimitExceeded.PhoneNumberThirtySecondLimit" => codes::HALF_MINUTE,
        "LimitExceeded.PhoneNumberOneHourLimit" => codes::HOUR,
        "LimitExceeded.PhoneNumberDailyLimit" => codes::DAY,
        "LimitExceeded.PhoneNumberSameContentDailyLimit" => 1026,
        "FailedOperation.MarketingSendTimeConstraint" => 1029,
        // The dot at the end is theirs.
        "UnsupportedOperation"
        | "UnsupportedOperation."
        | "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone"
        | "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone" => 1030,
        "FailedOperation.InsufficientBalanceInSmsPackage" => 1031,
        "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny" => 1032,
        // They have it misspelt.
        "UnauthorizedOperation.SerivceSuspendDueToArrears"
        | "UnauthorizedOperation.ServiceSuspendDueToArrears" => 1033,
        "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber" => 1034,
        "InvalidParameterValue.TemplateParameterLengthLimit" => 1036,
        "UnsupportedOperation.UnsuportedRegion"
        | "UnsupportedOperation.UnsupportedRegion"
        | "LimitExceeded.AppCountryOrRegionInBlacklist" => 1045,
        "LimitExceeded.PhoneNumberCountLimit" => 1046,
        "LimitExceeded.DailyLimit"
        | "LimitExceeded.AppGlobalDailyLimit"
        | "LimitExceeded.AppCountryOrRegionDailyLimit" => 1047,
        "InternalError.SendAndRecvFail" => codes::NOT_DONE_IN_TIME,
        _ if is_too_fast(code) => 1013,
        _ => codes::OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tencent_codes_map_to_the_integer_table() {
        // In the order of the page.
        for (code, expected) in [
            ("InternalError.SigVerificationFail", 1001),
            ("FailedOperation.ContainSensitiveWord", 1002),
            ("InternalError.SigFieldMissing", 1003),
            ("FailedOperation.FailResolvePacket", 1004),
            ("UnauthorizedOperation.RequestPermissionDeny", 1006),
            ("InternalError.OtherError", 1007),
            ("InternalError.Timeout", 1008),
            ("UnauthorizedOperation.RequestIpNotInWhitelist", 1009),
            ("InternalError.RestApiInterfaceNotExist", 1011),
            ("FailedOperation.SignatureIncorrectOrUnapproved", 1012),
            ("LimitExceeded.DeliveryFrequencyLimit", 1013),
            ("FailedOperation.TemplateIncorrectOrUnapproved", 1014),
            ("FailedOperation.PhoneNumberInBlacklist", 1015),
            ("InvalidParameterValue.IncorrectPhoneNumber", 1016),
            ("InvalidParameterValue.ContentLengthLimit", 1017),
            ("InvalidParameterValue.SdkAppIdNotExist", 1019),
            ("LimitExceeded.PhoneNumberThirtySecondLimit", 1023),
            ("LimitExceeded.PhoneNumberOneHourLimit", 1024),
            ("LimitExceeded.PhoneNumberDailyLimit", 1025),
            ("InternalError.SendAndRecvFail", 60008),
            // Of all APIs, of one that is newer than this list, and none at all.
            ("AuthFailure.SignatureFailure", 1001),
            ("RequestLimitExceeded.UinLimitExceeded", 1013),
            ("FailedOperation.SomethingNew", 1007),
            ("", 1007),
        ] {
            assert_eq!(integer(code), expected, "{code}");
        }
    }

    #[test]
    fn only_gateway_failures_may_have_been_sent() {
        for (code, expected) in [
            ("InternalError", DeliveryOutcome::Unknown),
            ("InternalError.Timeout", DeliveryOutcome::Unknown),
            ("InternalError.SendAndRecvFail", DeliveryOutcome::Unknown),
            ("InternalError.SomethingNew", DeliveryOutcome::Unknown),
            ("InternalError.SigVerificationFail", DeliveryOutcome::Refused),
            ("LimitExceeded.PhoneNumberDailyLimit", DeliveryOutcome::Refused),
            ("FailedOperation.SomethingNew", DeliveryOutcome::Refused),
            ("ServiceUnavailable", DeliveryOutcome::Unreached),
        ] {
            assert_eq!(outcome(code), expected, "{code}");
        }
    }
}
