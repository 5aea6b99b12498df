//! Invented notices of lost and found things, generated from a seed, so that every run on every
//! machine searches the same texts.

use serde_json::{Value, json};

/// A notice without an id. Times are in seconds since 1970 (UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// 1 lost, 2 found.
    pub kind: i64,
    /// 0 open, 1 closed.
    pub state: i64,
    /// One or two labels, joined by `|`.
    pub lab: String,
    /// 4 to 13 characters.
    pub title: String,
    /// About 60 characters; one in 50 has up to 500.
    pub content: String,
    /// The account that published it: 100001 to 120000.
    pub user: i64,
    /// Three characters.
    pub user_name: String,
    /// 11 digits.
    pub user_phone: String,
    /// 9 digits.
    pub user_qq: String,
    /// When it was published: about a minute after the one before.
    pub published: i64,
    /// When it was changed last: for one in ten, up to a week after it was published.
    pub updated: i64,
}

impl Notice {
    /// The data of `property/add` for it.
    pub fn data(&self, publish_time: &str) -> Value {
        json!({
            "type": self.kind,
            "state": self.state,
            "lab": self.lab,
            "title": self.title,
            "content": self.content,
            "occurrence_time": "",
            "user_name": self.user_name,
            "user_phone": self.user_phone,
            "user_qq": self.user_qq,
            "publish_time": publish_time,
        })
    }
}

/// An endless sequence of notices by time of publication. The n-th depends only on `seed` and n.
pub fn notices(seed: u64) -> impl Iterator<Item = Notice> {
    let mut rng = SplitMix64(seed);
    let mut now = FIRST;
    std::iter::repeat_with(move || {
        now += rng.below(121);
        notice(&mut rng, now)
    })
}

/// Two characters that one notice in eight has.
pub const COMMON: &str = "钥匙";

/// Two characters that about one notice in 20,000 has.
pub const RARE: &str = "唢呐";

/// When the first notice is published: 2022-09-01 00:00:00 UTC.
const FIRST: i64 = 1_661_990_400;

/// Things, the most frequent first.
const THINGS: [(&str, &str); 20] = [
    ("钥匙", "钥匙"),
    ("卡类", "一卡通"),
    ("雨伞", "折叠伞"),
    ("数码", "蓝牙耳机"),
    ("水杯", "保温杯"),
    ("书籍", "高等数学"),
    ("卡类", "身份证"),
    ("数码", "充电宝"),
    ("钱包", "钱包"),
    ("书包", "双肩包"),
    ("数码", "U盘"),
    ("数码", "iPhone手机"),
    ("眼镜", "眼镜盒"),
    ("衣物", "外套"),
    ("卡类", "学生证"),
    ("首饰", "手链"),
    ("体育", "羽毛球拍"),
    ("数码", "AirPods Pro"),
    ("书籍", "英语四级词汇"),
    ("其他", "计算器"),
];

const COLOURS: [&str; 10] =
    ["黑色", "白色", "蓝色", "粉色", "灰色", "红色", "深绿", "银色", "透明", "黄色"];

const PLACES: [&str; 16] = [
    "图书馆三楼",
    "第二食堂",
    "教学楼A座",
    "操场看台",
    "体育馆",
    "南门公交站",
    "实验楼402",
    "宿舍楼下",
    "校医院",
    "快递驿站",
    "自习室",
    "篮球场",
    "行政楼大厅",
    "湖边长椅",
    "超市收银台",
    "打印店",
];

const MOMENTS: [&str; 8] =
    ["今天上午", "昨天晚上", "中午吃饭时", "下课以后", "周五傍晚", "刚才", "前天", "早上八点左右"];

const DETAILS: [&str; 16] = [
    "上面挂着一个小熊挂件",
    "里面有重要的资料",
    "有一点划痕",
    "是朋友送的生日礼物",
    "背面贴了姓名贴",
    "如有捡到请联系我",
    "必有重谢",
    "麻烦看到的同学说一声",
    "已经交到失物招领处",
    "请失主尽快来认领",
    "用了三年很有感情",
    "价格不高但是急用",
    "可能落在座位上了",
    "电话微信同号 24h",
    "谢谢大家😢",
    "100% 原装",
];

const FAMILIES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗";

/// A splitmix64 generator of our own, so that crate updates don't change the sequence.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of 0 to `sides` - 1.
    fn below(&mut self, sides: i64) -> i64 {
        i64::try_from(self.next_u64() >> 1).unwrap_or_default() % sides
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.next_u64() >> 32).unwrap_or_default() % length
    }

    fn choose<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// A random item, with the first ones more likely: the first quarter gets about half.
    fn choose_skewed<T: Copy>(&mut self, of: &[T]) -> T {
        let index = self.index(of.len());
        of[self.index(index + 1)]
    }

    /// One of 20,000 Chinese characters, the first ones far more often than the last.
    fn character(&mut self) -> char {
        let most = 1 + self.index(20_000);
        let most = 1 + self.index(most);
        let code = 0x4e00 + self.index(most);
        u32::try_from(code).ok().and_then(char::from_u32).unwrap_or('一')
    }
}

fn notice(rng: &mut SplitMix64, published: i64) -> Notice {
    let kind = 1 + i64::from(rng.below(3) == 0);
    let (lab, thing) = match rng.below(20_000) {
        0 => ("其他", RARE),
        _ => rng.choose_skewed(&THINGS),
    };
    let lab = match rng.below(4) {
        0 => format!("{lab}|{}", rng.choose_skewed(&THINGS).0),
        _ => lab.to_owned(),
    };
    let colour = rng.choose(&COLOURS);
    let verb = if kind == 1 { "丢失" } else { "捡到" };
    let mut content = format!("{}在{}{verb}一个", rng.choose(&MOMENTS), rng.choose_skewed(&PLACES));
    // Unique text of this notice: a name, a word of a shop, a mark.
    for _ in 0..2 + rng.below(6) {
        content.push(rng.character());
    }
    content.push_str(colour);
    content.push_str(thing);
    let most = if rng.below(50) == 0 { 500 } else { 40 + rng.below(40) };
    let mut length = content.chars().count();
    while length + 24 < usize::try_from(most).unwrap_or_default() {
        let before = content.len();
        content.push('，');
        content.push_str(rng.choose(&DETAILS));
        if rng.below(3) == 0 {
            content.extend([rng.character(), rng.character()]);
        }
        length += content[before..].chars().count();
    }
    let late = if rng.below(10) == 0 { rng.below(7 * 86_400) } else { 0 };
    let family = rng.index(20);
    Notice {
        kind,
        state: i64::from(rng.below(4) == 0),
        lab,
        title: format!("{verb}{colour}{thing}"),
        content,
        user: 100_001 + rng.below(20_000),
        user_name: FAMILIES.chars().skip(family).take(1).chain([rng.character(), '同']).collect(),
        user_phone: format!("138{:08}", rng.below(100_000_000)),
        user_qq: (100_000_000 + rng.below(900_000_000)).to_string(),
        published,
        updated: published + late,
    }
}
