//! What a made-up world is told in. Nobody is meant: names are nicknames, and nobody has the numbers.

/// The first telephone number that is given out.
pub const NUMBERS: i64 = 13_800_000_000;

/// A nickname, and what user names are made from.
pub const NICKNAMES: &[(&str, &str)] = &[
    ("小雨", "xiaoyu"),
    ("阿墨", "amo"),
    ("南风", "nanfeng"),
    ("一只橘猫", "orange-cat"),
    ("夜航船", "yehang"),
    ("山里来信", "shanli"),
    ("豆包不加糖", "doubao"),
    ("北岸", "beian"),
    ("晴耕雨读", "qinggeng"),
    ("图书馆常客", "reader"),
    ("三食堂的灯", "canteen"),
    ("早八困困", "sleepy"),
    ("不吃香菜", "no-coriander"),
    ("云边小卖部", "cloud-shop"),
    ("慢慢来", "slowly"),
    ("Mia", "mia"),
    ("Otto", "otto"),
    ("Nora", "nora"),
    ("June", "june"),
    ("Theo", "theo"),
    ("Blue Lamp", "blue-lamp"),
    ("Second Floor", "second-floor"),
    ("Paper Boat", "paper-boat"),
    ("Rainy Day", "rainy-day"),
];

pub const CITIES: &[&str] =
    &["北京", "上海", "广州", "成都", "西安", "武汉", "杭州", "昆明", "Lyon", "Porto", "Bergen"];

/// The label of a thing and the thing, in Chinese; the first are lost most often.
pub const THINGS: &[(&str, &str)] = &[
    ("钥匙", "一串钥匙"),
    ("卡类|校园卡", "校园卡"),
    ("雨伞", "折叠伞"),
    ("数码|耳机", "蓝牙耳机"),
    ("水杯", "保温杯"),
    ("书籍", "高等数学课本"),
    ("数码", "充电宝"),
    ("钱包", "短款钱包"),
    ("书包", "双肩包"),
    ("数码", "U盘"),
    ("眼镜", "黑框眼镜"),
    ("衣物", "灰色外套"),
    ("体育", "羽毛球拍"),
    ("首饰", "银手链"),
    ("其他", "计算器"),
    ("卡类", "公交卡"),
    ("书籍", "英语词汇书"),
    ("数码", "平板电脑的笔"),
    ("衣物", "格子围巾"),
    ("乐器", "口琴"),
];

pub const COLOURS: &[&str] = &["黑色", "白色", "蓝色", "粉色", "灰色", "红色", "深绿", "银色"];

pub const PLACES: &[&str] = &[
    "图书馆三楼",
    "第二食堂",
    "教学楼A座",
    "操场看台",
    "体育馆更衣室",
    "南门公交站",
    "实验楼402",
    "宿舍楼下",
    "校医院",
    "快递驿站",
    "自习室靠窗的位置",
    "篮球场",
    "湖边长椅",
    "超市收银台",
    "打印店",
];

pub const MOMENTS: &[&str] =
    &["今天上午", "昨天晚上", "中午吃饭时", "下课以后", "周五傍晚", "早上八点左右", "下午第三节课"];

/// What only its owner says of a thing, and what whoever finds it says.
pub const DETAILS: [&[&str]; 2] = [
    &[
        "上面挂着一个小熊挂件",
        "里面有重要的资料",
        "是朋友送的生日礼物",
        "背面贴了姓名贴",
        "麻烦看到的同学说一声",
        "可能落在座位上了",
        "用了三年很有感情",
        "必有重谢",
        "谢谢大家😢",
    ],
    &[
        "上面挂着一个小熊挂件",
        "有一点划痕",
        "背面贴了姓名贴",
        "已经交到失物招领处",
        "暂时放在值班室",
        "没有动过里面的东西",
    ],
];

/// A label, a thing with its article, and the thing as a title has it.
pub const ENGLISH_THINGS: &[(&str, &str, &str)] = &[
    ("keys", "a bunch of keys", "Keys"),
    ("card|library", "a library card", "Library card"),
    ("umbrella", "a folding umbrella", "Umbrella"),
    ("bottle", "a steel bottle", "Bottle"),
    ("electronics", "a pair of earphones", "Earphones"),
    ("book", "a book of poems", "Book of poems"),
    ("clothes", "a woollen scarf", "Woollen scarf"),
    ("glasses", "reading glasses", "Glasses"),
];

pub const ENGLISH_PLACES: &[&str] = &[
    "near the library",
    "in the second canteen",
    "on the bus to the south gate",
    "in the reading room",
    "at the sports ground",
    "by the lake",
];

/// As [`DETAILS`].
pub const ENGLISH_DETAILS: [&[&str]; 2] = [
    &["It was a present.", "It has been with me for years.", "A cup of tea for whoever finds it."],
    &["It is at the porter's.", "A name is written inside.", "Nothing of it was touched."],
];

/// A kind of shop, and what it says.
type Kinds = &'static [(&'static str, &'static str)];

/// The kinds of shops, and what stands before them in a name.
pub const SHOPS_CHINESE: (Kinds, &[&str]) = (
    &[
        ("书店", "旧书与唱片，每周上新。"),
        ("面馆", "手工面，营业到深夜。"),
        ("花店", "当季鲜花，可以送到宿舍楼下。"),
        ("茶铺", "明前茶，欢迎来坐坐。"),
        ("修车铺", "修补轮胎，立等可取。"),
        ("文具店", "本子和笔，学生凭证九折。"),
        ("烘焙坊", "现烤面包，下午四点出炉 🍞。"),
        ("杂货铺", "什么都有一点，什么都不贵。"),
    ],
    &["蓝灯", "南门", "半山", "小巷", "晚风", "老地方", "七号", "三棵树", "渡口", "青瓦"],
);

/// The same in English.
pub const SHOPS_ENGLISH: (Kinds, &[&str]) = (
    &[
        (" Books", "Second-hand books, bought and sold."),
        (" Noodles", "Open until midnight, closed on Mondays."),
        (" Flowers", "What grows now, and nothing else."),
        (" Tea", "Green tea by the pot. Stay as long as you like."),
        (" Bicycles", "Repairs while you wait."),
        (" Paper", "Notebooks and pens; ten per cent off with a student card."),
    ],
    &["Blue Lamp", "South Gate", "Little Lane", "Three Trees", "Old Ferry", "Green Tile"],
);
