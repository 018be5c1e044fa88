//! Buckets: whether they are there, and how they are set up.
use crate::{
    address::check_bucket, client::Client, error::Error, request::Request, settings::DEFAULT_REGION,
    xml::escaped,
};
use http_exchange::Method;
use serde_json::Value;

/// What a server says about the name of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketState {
    /// There is none.
    Absent,
    /// It is there, and these credentials may see it.
    Present,
    /// It is there, and these credentials may not see it: most probably it belongs to somebody else.
    Foreign,
}

/// Whether a bucket keeps what is replaced or deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// It never did.
    Unset,
    /// It does.
    Enabled,
    /// It did, and keeps what it has.
    Suspended,
    /// This server knows no versions.
    Unsupported,
}

impl Client {
    /// Whether the bucket is there.
    pub fn bucket(&self, bucket: &str) -> Result<BucketState, Error> {
        check_bucket(bucket)?;
        match self.send(&Request::new(Method::Head, bucket, "")) {
            Ok(_) => Ok(BucketState::Present),
            Err(e) if e.status() == Some(404) => Ok(BucketState::Absent),
            // A wrong key is also answered 403, but then S3 is asked once more in a way that it answers in words.
            Err(e) if e.status() == Some(403) => match self.policy(bucket) {
                Err(e) if e.is(&["InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed"]) => {
                    Err(e)
                }
                _ => Ok(BucketState::Foreign),
            },
            Err(e) => Err(e),
        }
    }

    /// Creates the bucket in the region of the settings. One that is ours already is fine.
    pub fn create_bucket(&self, bucket: &str) -> Result<(), Error> {
        check_bucket(bucket)?;
        let region = self.region_of(bucket);
        let request = Request::new(Method::Put, bucket, "");
        // The default region must not be named.
        let request = if region == DEFAULT_REGION {
            request
        } else {
            request.xml(&format!(
                "<CreateBucketConfiguration xmlns=\"{NAMESPACE}\"><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
                escaped(&region)
            ))
        };
        match self.send(&request) {
            Err(e) if e.is(&["BucketAlreadyOwnedByYou"]) => {}
            // What this says of an earlier attempt whose answer was lost, some servers say as of a stranger's.
            Err(e) if e.is(&["BucketAlreadyExists"]) && e.stats().attempts > 1 => {
                if self.bucket(bucket)? != BucketState::Present {
                    return Err(e);
                }
            }
            done => {
                done?;
            }
        }
        self.has_created(bucket);
        Ok(())
    }

    /// Deletes the bucket, which must be empty; one that is not there is fine.
    pub fn delete_bucket(&self, bucket: &str) -> Result<(), Error> {
        gone(self.send(&Request::new(Method::Delete, bucket, "")), &["NoSuchBucket"])
    }

    /// Whether the bucket keeps versions.
    pub fn versioning(&self, bucket: &str) -> Result<Versioning, Error> {
        let answer = match self.send(&Request::new(Method::Get, bucket, "").query("versioning", "")) {
            Err(e) if e.is_unsupported() => return Ok(Versioning::Unsupported),
            answer => answer?,
        };
        // Some servers say nothing at all of a bucket that never had versions.
        if answer.text.is_empty() {
            return Ok(Versioning::Unset);
        }
        match answer.xml()?.text_of("Status") {
            "" => Ok(Versioning::Unset),
            "Enabled" => Ok(Versioning::Enabled),
            "Suspended" => Ok(Versioning::Suspended),
            _ => Err(answer.unusable("its Status is neither Enabled nor Suspended")),
        }
    }

    /// Turns versions on, or suspends them.
    pub fn set_versioning(&self, bucket: &str, is_on: bool) -> Result<(), Error> {
        let status = if is_on { "Enabled" } else { "Suspended" };
        let text = format!(
            "<VersioningConfiguration xmlns=\"{NAMESPACE}\"><Status>{status}</Status></VersioningConfiguration>"
        );
        self.send(&Request::new(Method::Put, bucket, "").query("versioning", "").xml(&text)).map(drop)
    }

    /// The bucket's policy; `None` if it has none.
    pub fn policy(&self, bucket: &str) -> Result<Option<Value>, Error> {
        let answer = match self.send(&Request::new(Method::Get, bucket, "").query("policy", "")) {
            Err(e) if e.is(&["NoSuchBucketPolicy"]) => return Ok(None),
            answer => answer?,
        };
        serde_json::from_str(&answer.text)
            .map(Some)
            .map_err(|e| answer.unusable(format!("it is not JSON ({e})")))
    }

    /// Replaces the bucket's policy.
    pub fn set_policy(&self, bucket: &str, policy: &Value) -> Result<(), Error> {
        let body = policy.to_string();
        let md5 = crate::checksum::content_md5(body.as_bytes());
        let request = Request::new(Method::Put, bucket, "").query("policy", "").header("content-md5", md5);
        self.send(&request.bytes("application/json", body.as_bytes())).map(drop)
    }

    /// Removes the bucket's policy, if it has one.
    pub fn delete_policy(&self, bucket: &str) -> Result<(), Error> {
        gone(
            self.send(&Request::new(Method::Delete, bucket, "").query("policy", "")),
            &["NoSuchBucketPolicy", "NoSuchBucket"],
        )
    }

    /// Whether a public policy would be refused or ignored for this bucket, as AWS does for new ones. Servers without such a block
    /// say that there is none.
    pub fn blocks_public_policies(&self, bucket: &str) -> Result<bool, Error> {
        match self.send(&Request::new(Method::Get, bucket, "").query("publicAccessBlock", "")) {
            Err(e)
                if e.is(&["NoSuchPublicAccessBlockConfiguration"])
                    || e.is_unsupported()
                    || e.status() == Some(404) =>
            {
                Ok(false)
            }
            answer => {
                let block = answer?.xml()?;
                let is_set = |name: &str| block.text_of(name).eq_ignore_ascii_case("true");
                Ok(is_set("BlockPublicPolicy") || is_set("RestrictPublicBuckets"))
            }
        }
    }

    /// Lets policies make things public. Access lists stay blocked.
    pub fn allow_public_policies(&self, bucket: &str) -> Result<(), Error> {
        let text = format!(
            "<PublicAccessBlockConfiguration xmlns=\"{NAMESPACE}\"><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy>\
             <RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
        );
        self.send(&Request::new(Method::Put, bucket, "").query("publicAccessBlock", "").xml(&text)).map(drop)
    }
}

/// Of all documents that are sent.
pub(crate) const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What is gone already counts as removed.
pub(crate) fn gone<T>(done: Result<T, Error>, codes: &[&str]) -> Result<(), Error> {
    match done {
        Err(e) if e.is(codes) => Ok(()),
        done => done.map(drop),
    }
}
