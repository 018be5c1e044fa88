//! How the server is.

/// How the server is.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose requests are served.
    pub access_key: String,
    /// What they are signed with.
    pub secret_key: String,
    /// What they must be signed for.
    pub region: String,
    /// Whether new buckets refuse public policies, as those of AWS do.
    pub blocks_public: bool,
    /// Whether there are versions, policies and blocks; without, it is like s3s-fs or Garage.
    pub is_complete: bool,
    /// Whether the list of versions calls each of them an old one, also what can be read.
    pub calls_all_old: bool,
    /// Buckets of somebody else.
    pub foreign_buckets: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access_key: "AKIDEXAMPLE".into(),
            secret_key: "planted-secret-key".into(),
            region: "us-east-1".into(),
            blocks_public: false,
            is_complete: true,
            calls_all_old: false,
            foreign_buckets: vec![],
        }
    }
}
