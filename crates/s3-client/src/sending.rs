//! Sends the parts of an upload over several connections at once.
//!
//! On a single one the server would wait while the next part is read and summed up, and this side while the server stores the last.
use crate::{
    checksum::sha256_of, client::Client, error::Error, local_file::LocalFile, pieces::Pieces,
    settings::Recipe,
};
use http_exchange::RetryNotice;
use std::{
    io,
    sync::{
        Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
    thread::{Builder, scope},
};

/// How many parts are under way at once.
const AT_ONCE: usize = 4;

/// What a connection has to say.
enum News {
    /// The server has this part, with this `ETag`.
    Sent(u32, String),
    /// An attempt failed and will be repeated.
    Trouble(RetryNotice),
    /// No more is sent because of this.
    Failed(Error),
}

/// The parts that nobody has taken yet. Taken away altogether once one has failed.
type Rest<'a> = Mutex<&'a [u32]>;

impl Client {
    /// Sends these parts; `sent` hears of each with its `ETag`. After a failure those that are under way are finished, and no more
    /// are begun.
    pub(crate) fn send_parts(
        &self,
        upload: (&str, &str, &str),
        file: &LocalFile,
        pieces: &Pieces,
        missing: &[u32],
        sent: &mut dyn FnMut(u32, String),
    ) -> Result<(), Error> {
        // They share the connection to the server, so each needs the time for all.
        let recipe = self.recipe(upload.0, pieces.size.saturating_mul(AT_ONCE as u64));
        let rest = Rest::new(missing);
        let (news, told) = channel();
        scope(|threads| {
            let mut started = Ok(());
            for connection in 0..AT_ONCE.min(missing.len()) {
                let (recipe, news, rest) = (recipe.clone(), news.clone(), &rest);
                let work = move || {
                    if let Err(e) = send_some(recipe, upload, file, pieces, rest, &news) {
                        *rest.lock().unwrap_or_else(PoisonError::into_inner) = &[];
                        // There is always somebody who listens.
                        let _ = news.send(News::Failed(e));
                    }
                };
                if let Err(e) = Builder::new().spawn_scoped(threads, work) {
                    // The others do it, if there are any.
                    started = if connection == 0 { Err(file.unreadable(&e)) } else { Ok(()) };
                    break;
                }
            }
            drop(news);
            let mut outcome = started;
            for one in told {
                match one {
                    News::Sent(number, etag) => sent(number, etag),
                    News::Trouble(notice) => self.tell(&notice),
                    // The first one is the one to tell.
                    News::Failed(e) => outcome = outcome.and(Err(e)),
                }
            }
            outcome
        })
    }
}

/// Sends parts over one connection until none is left.
fn send_some(
    recipe: Recipe,
    upload: (&str, &str, &str),
    file: &LocalFile,
    pieces: &Pieces,
    rest: &Rest,
    news: &Sender<News>,
) -> Result<(), Error> {
    let trouble = news.clone();
    let client = Client::of(recipe)?.on_retry(move |notice| {
        // There is always somebody who listens.
        let _ = trouble.send(News::Trouble(notice.clone()));
    });
    while let Some(number) = take(rest) {
        let (start, length) = pieces.range(number);
        let sha256 = sha256_of(file.range(start, length), &mut |_| ());
        let sha256 = sha256.map_err(|e: io::Error| file.unreadable(&e))?;
        let etag = client.send_part(upload, number, (length, sha256), file.body(start, length))?;
        let _ = news.send(News::Sent(number, etag));
    }
    Ok(())
}

fn take(rest: &Rest) -> Option<u32> {
    let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
    let (first, others) = rest.split_first()?;
    *rest = others;
    Some(*first)
}
