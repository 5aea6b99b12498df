//! What every operation may use besides the database: one struct, made once at start.

use crate::bans::Bans;
use crate::boards::SharedBoards;
use crate::certificates::Certificates;
use crate::clock::Clock;
use crate::config::Config;
use crate::disk::DiskMonitor;
use crate::history::History;
use crate::http_client::{self, HttpClientError};
use crate::live::Live;
use crate::metrics::Metrics;
use crate::picture_store::PictureStore;
use crate::sms::{self, Gateway, MeteredGateway};
use crate::vault::Vault;
use crate::word_list::{CurrentWordList, WordList, WordListError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// The services can't be opened. One line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// A folder or file of ours can't be made or written.
    #[error("{0}: {1}")]
    Folder(PathBuf, io::Error),
    /// Requests to other servers can't be made.
    #[error(transparent)]
    HttpClient(#[from] HttpClientError),
    /// The SMS gateway.
    #[error(transparent)]
    Sms(#[from] sms::OpenError),
    /// The list of words.
    #[error("moderation.words: {0}")]
    Words(#[from] WordListError),
}

/// The services that operations share. A [`View`](crate::db::View) and a
/// [`Tx`](crate::db::Tx) lead to them (`tx.clock.now()`).
pub struct Services {
    /// The configuration, as it was read last.
    pub config: Live<Config>,
    /// What URLs in answers begin with, without a slash at the end.
    pub public_url: String,
    /// Time, in the configured zone.
    pub clock: Clock,
    /// Uploaded pictures.
    pub pictures: PictureStore,
    /// The free space that is kept in reserve.
    pub disk: DiskMonitor,
    /// Leaderboards.
    pub boards: SharedBoards,
    /// Networks whose requests are refused.
    pub bans: Bans,
    /// Where SMS codes go.
    pub sms: Box<dyn Gateway>,
    /// Requests to other servers.
    pub http_client: http_client::LazyHttpClient,
    /// What encrypts personal values of rows.
    pub vault: Vault,
    /// Words that texts are looked through for.
    pub words: CurrentWordList,
    /// The certificates of https; none where it is not spoken.
    pub(crate) certificates: Arc<Certificates>,
    /// A day of figures.
    pub history: History,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

impl Services {
    /// Make the services that `config` describes. `public_url` is what URLs begin with where the
    /// configuration does not say.
    pub fn open(config: Config, public_url: String) -> Result<Self, ServicesError> {
        let folder = config.data_dir.clone();
        let at = |path: PathBuf| move |error| ServicesError::Folder(path, error);
        crate::folder::make(&folder).map_err(at(folder.clone()))?;
        // One client for all that asks other servers; whatever needs it gets a clone.
        let http_client = http_client::LazyHttpClient::default();
        let pictures = open_pictures(&config, &http_client)?;
        let sms = sms::open(&config.sms, &folder, &http_client)?;
        let metrics = Arc::new(Metrics::default());
        let words = CurrentWordList::default();
        words.replace(read_words(&config)?);
        Ok(Services {
            public_url: config.public_url.clone().unwrap_or(public_url),
            clock: Clock::new(config.timezone.clone()),
            pictures,
            disk: DiskMonitor::open(&config),
            boards: SharedBoards::default(),
            bans: Bans::default(),
            vault: Vault::open(&config),
            sms: Box::new(MeteredGateway::new(sms, Arc::clone(&metrics))),
            words,
            certificates: Arc::default(),
            http_client,
            history: History::default(),
            metrics,
            config: Live::new(config),
        })
    }
}

/// The words that `config` names; none where it names no file.
pub(crate) fn read_words(config: &Config) -> Result<WordList, WordListError> {
    config.moderation.words.as_deref().map_or_else(|| Ok(WordList::default()), WordList::read)
}

/// The store of pictures that `config` describes. Makes its folder, and asks nobody anything yet.
pub fn open_pictures(
    config: &Config,
    http_client: &http_client::LazyHttpClient,
) -> Result<PictureStore, ServicesError> {
    let folder = config.data_dir.join("pictures");
    let pictures = PictureStore::open(folder.clone())
        .map_err(|error| ServicesError::Folder(folder, error))?
        .seen_at(config.store.pictures_url());
    // A key that is missing was told when the configuration was read.
    Ok(match config.store.s3() {
        Ok(Some(s3)) => pictures.in_bucket(&s3, config.portrait.max_bytes, http_client.get()?)?,
        _ => pictures,
    })
}
