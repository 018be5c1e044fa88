//! A file that a server hands out and that is too large for memory.
use crate::{
    base_url::without_secrets,
    call::{Call, CallStats, Request},
    error::{Error, Stop},
    fault::Fault,
    server::Server,
};
use std::{io::Read, ops::ControlFlow, time::Duration};

const PIECE: usize = 128 << 10;

impl Server {
    /// Hands the file at this path to `take`, piece by piece, until its end or until `take` breaks off.
    ///
    /// It is not repeated after a failure, since the beginning has been handed over already. `patience` is for all of it.
    pub fn download(
        &self,
        path: &str,
        patience: Duration,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let accept = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![accept("accept", "*/*"), accept("accept-encoding", "identity")];
        let call = Call { headers, ..Call::get(path) };
        let uri = self.base.uri(path)?;
        let begun = self.clock.now();
        self.hand_over(&call, &uri, patience, take).map_err(|fault| {
            let url = without_secrets(&uri.to_string());
            let request = Request { method: call.method, url, key: None };
            let elapsed = self.clock.now().saturating_sub(begun);
            Error::new(
                fault,
                request,
                CallStats { attempts: 1, elapsed, replayed: false },
                Stop::Final,
                false,
            )
        })
    }

    fn hand_over(
        &self,
        call: &Call,
        uri: &ureq::http::Uri,
        patience: Duration,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let sender = &self.sender;
        let response = sender.send(call, uri, patience).map_err(|e| sender.fault(e, patience))?;
        sender.check_no_redirect(&response)?;
        if response.status().as_u16() != 200 {
            let status = response.status().as_u16();
            let answer = sender.read(response, call.answer, patience, self.clock.wall());
            return Err(answer.err().unwrap_or(Fault::Unreadable {
                status: Some(status),
                why: "it is not the whole file".into(),
            }));
        }
        let mut body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut piece = vec![0; PIECE];
        loop {
            match body.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) if take(&piece[..read]).is_break() => return Ok(()),
                Ok(_) => {}
                Err(e) => return Err(sender.fault(ureq::Error::from(e), patience)),
            }
        }
    }
}
