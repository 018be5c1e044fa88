//! Uploads: a small file in one request, a large one in parts, which go on where an earlier run was interrupted.
use crate::{
    client::Client,
    error::Error,
    local_file::LocalFile,
    metadata::Metadata,
    multipart::{Part, Upload},
    objects::Object,
    pieces::{LARGEST_PART, Pieces},
    request::Request,
};
use http_exchange::Method;
use std::cell::Cell;

/// What is uploaded, and how.
pub struct NewObject<'a> {
    /// Where to.
    pub bucket: &'a str,
    /// Where to.
    pub key: &'a str,
    /// What.
    pub file: &'a LocalFile,
    /// What is kept with it, beside the checksum.
    pub metadata: Metadata,
    /// In bytes. A file that is no larger is sent in one piece; parts become larger if there were too many.
    pub part_size: u64,
    /// Whether an earlier upload of the same file goes on, and a failed one is kept for that.
    pub resume: bool,
}

/// What became of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// How many parts were sent.
    pub sent: u64,
    /// How many parts the server had already.
    pub kept: u64,
    /// Uploads to this key that others have begun, or earlier runs with other content, and that nobody has ended.
    pub unfinished: usize,
}

/// An upload that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes the server has.
    pub done: u64,
    /// How many there are.
    pub of: u64,
    /// How many of them it had before.
    pub kept: u64,
}

impl Client {
    /// Sends the file, and checks that it is there.
    pub fn upload(&self, new: &NewObject, told: &dyn Fn(Progress)) -> Result<Uploaded, Error> {
        let uploaded = self.upload_unchecked(new, told)?;
        let sent = |error| Error::partly("The file was sent", error);
        if self.holds(new).map_err(sent)? {
            return Ok(uploaded);
        }
        // The parts of an earlier upload are the same, but what it was begun with is not: a file that has grown since, or
        // other metadata.
        let anew = NewObject { resume: false, metadata: new.metadata.clone(), ..*new };
        let uploaded = self.upload_unchecked(&anew, told).map_err(sent)?;
        if self.holds(new).map_err(sent)? {
            return Ok(uploaded);
        }
        Err(Error::Answer {
            call: format!("HEAD {}", self.url_of(new.bucket, new.key)),
            why: "the object is not the one that was just uploaded".into(),
        })
    }

    fn holds(&self, new: &NewObject) -> Result<bool, Error> {
        let found = self.object(new.bucket, new.key)?;
        Ok(found.is_some_and(|found| is_same(&found, new.file) && found.metadata.has_all_of(&new.metadata)))
    }

    fn upload_unchecked(&self, new: &NewObject, told: &dyn Fn(Progress)) -> Result<Uploaded, Error> {
        let size = new.file.size();
        if size <= new.part_size.min(LARGEST_PART) {
            self.upload_whole(new)?;
            told(Progress { done: size, of: size, kept: 0 });
            return Ok(Uploaded { sent: 1, ..Uploaded::default() });
        }
        let pieces = Pieces::of(size, new.part_size);
        let known = match self.uploads(new.bucket, new.key) {
            Err(e) if e.is_unsupported() => vec![],
            known => known?,
        };
        let earlier = if new.resume { self.earlier(new, &known, &pieces)? } else { None };
        let (id, has) = if let Some(earlier) = earlier {
            earlier
        } else {
            let metadata = new.metadata.clone().with_sha256(new.file.sha256());
            (self.begin_upload(new.bucket, new.key, &metadata, &known)?, vec![])
        };
        let unfinished = known.iter().filter(|upload| upload.id != id).count();
        let kept = has.len() as u64;
        let sent = Cell::new(0);
        let count = |progress: Progress| {
            sent.set(sent.get() + u64::from(progress.done > progress.kept));
            told(progress);
        };
        self.send_missing(new, &id, &pieces, has, &count).map_err(|error| {
            // Parts of two different files are good for nothing.
            let is_useless = matches!(error, Error::FileChanged { .. });
            if new.resume && kept + sent.get() > 0 && !is_useless {
                let there = format!("{} of {} parts are on the server", kept + sent.get(), pieces.count);
                return if sent.get() > 0 { Error::partly(there, error) } else { error };
            }
            self.end_failed(new, &id, error)
        })?;
        Ok(Uploaded { sent: pieces.count - kept, kept, unfinished })
    }

    /// Ends an upload that nobody is to go on with; returns the error that it failed with.
    fn end_failed(&self, new: &NewObject, id: &str, error: Error) -> Error {
        // A server that does not answer would not answer this either.
        let is_reached =
            !new.resume || error.status().is_some() || matches!(error, Error::FileChanged { .. });
        if is_reached && self.abort_upload(new.bucket, new.key, id).is_ok() {
            return error;
        }
        Error::partly("The upload was started, but is still unfinished", error)
    }

    fn upload_whole(&self, new: &NewObject) -> Result<(), Error> {
        let size = new.file.size();
        let mut request = Request::new(Method::Put, new.bucket, new.key);
        request.headers.extend(new.metadata.clone().with_sha256(new.file.sha256()).headers());
        let request = request.stream(size, new.file.sha256().to_owned(), new.file.body(0, size));
        self.with_time_for(size)?.send(&request)?;
        new.file.check_unchanged().map_err(|error| Error::partly("The file was sent", error))
    }

    /// The newest pending upload that holds some parts of this file and nothing else, with these parts.
    fn earlier(
        &self,
        new: &NewObject,
        known: &[Upload],
        pieces: &Pieces,
    ) -> Result<Option<(String, Vec<Part>)>, Error> {
        for upload in known.iter().rev() {
            let parts = self.parts(new.bucket, new.key, &upload.id)?.unwrap_or_default();
            if !parts.is_empty() && are_of(new.file, pieces, &parts)? {
                return Ok(Some((upload.id.clone(), parts)));
            }
        }
        Ok(None)
    }

    fn send_missing(
        &self,
        new: &NewObject,
        id: &str,
        pieces: &Pieces,
        has: Vec<Part>,
        told: &dyn Fn(Progress),
    ) -> Result<(), Error> {
        let (upload, of) = ((new.bucket, new.key, id), new.file.size());
        let kept: u64 = has.iter().map(|part| part.size).sum();
        let mut done = kept;
        let mut etags: Vec<Option<String>> = pieces.numbers().map(|_| None).collect();
        for part in has {
            if let Some(etag) = etags.get_mut(part.number as usize - 1) {
                *etag = Some(part.etag);
            }
        }
        told(Progress { done, of, kept });
        let missing: Vec<u32> = pieces
            .numbers()
            .zip(&etags)
            .filter(|(_, etag)| etag.is_none())
            .map(|(number, _)| number)
            .collect();
        self.send_parts(upload, new.file, pieces, &missing, &mut |number, etag| {
            etags[number as usize - 1] = Some(etag);
            done += pieces.range(number).1;
            told(Progress { done, of, kept });
        })?;
        new.file.check_unchanged()?;
        let etags: Vec<String> = etags.into_iter().flatten().collect();
        match self.with_time_for(of)?.complete_upload(upload, &etags) {
            // Its answer was lost, and it was completed all the same, if that is what there is now.
            Err(e) if e.is(&["NoSuchUpload"]) && self.holds(new)? => Ok(()),
            done => done,
        }
    }
}

/// Whether an object has the bytes of this file: by the checksum kept with it, else by its `ETag` where that is an MD5. The `ETag` of an
/// upload in parts says nothing.
pub fn is_same(object: &Object, file: &LocalFile) -> bool {
    object.size == file.size()
        && match object.metadata.sha256() {
            Some(sha256) => sha256.eq_ignore_ascii_case(file.sha256()),
            None => {
                !object.etag.contains('-')
                    && file.md5().is_ok_and(|md5| object.etag.eq_ignore_ascii_case(&md5))
            }
        }
}

/// Whether all of these parts are pieces of the file.
fn are_of(file: &LocalFile, pieces: &Pieces, parts: &[Part]) -> Result<bool, Error> {
    for part in parts {
        if part.number == 0 || u64::from(part.number) > pieces.count {
            return Ok(false);
        }
        let (start, length) = pieces.range(part.number);
        if part.size != length || !file.md5_of_range(start, length)?.eq_ignore_ascii_case(&part.etag) {
            return Ok(false);
        }
    }
    Ok(true)
}
