//! `[wx]`: players of WeChat's mini-programs.

use super::{Endpoint, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;

/// WeChat.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct Wx {
    /// The address of WeChat's API. Default `https://api.weixin.qq.com`.
    pub endpoint: Endpoint,
    /// The mini-programs, `[wx.APP]`: their players prove who they are by `wx/login`. Default: none.
    #[serde(flatten)]
    pub apps: BTreeMap<String, WxApp>,
}

/// A mini-program.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WxApp {
    /// Its AppID.
    pub appid: String,
    /// Its AppSecret.
    pub secret: Secret,
    /// Whether WeChat looks through players' names (`msg_sec_check`) before anybody sees them. Default false.
    #[serde(default)]
    pub check_texts: bool,
}

impl Default for Wx {
    fn default() -> Self {
        Wx { endpoint: Endpoint::wechat(), apps: BTreeMap::new() }
    }
}
