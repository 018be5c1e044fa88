//! The derives of `ansible-module`: what a module accepts and returns, read from its structs while they are compiled.
//!
//! `ansible-module` re-exports all three; their attributes are described there. A mistake is told at the word that is wrong. The
//! impls are written all the same, so that one mistake makes one error.
mod attributes;
mod choices;
mod member;
mod options;
mod results;
mod rules;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Ident, Result, parse_macro_input};

/// Makes a struct the options of a module, or the suboptions of an option.
///
/// Each field is an option: its doc comment is the documentation, its type says what is accepted, and it is required unless it is
/// an `Option` or has a default.
///
/// | `#[option(...)]` on a field | what it says |
/// |---|---|
/// | `default = 30`, `default = ["a"]`, `default = Level::Low` | taken if the option is not given; of the field's type |
/// | `aliases("id")` | further names |
/// | `env("TOKEN")` | environment variables to fall back to, the first that is set |
/// | `no_log`, `no_log = false` | whether the value is kept out of all output; a `Secret` always is |
/// | `choices(1, 2)` | the values allowed; for texts an enum with `#[derive(Choices)]` says more |
/// | `name = "from"` | the option's name, where it can't be the field's |
/// | `version_added = "1.1.0"` | the version that brought the option |
/// | `removed_in = "2.0.0"` | using the option warns that this version will not have it |
/// | `deprecated_aliases("id" = "2.0.0")` | further names that will be gone in that version |
/// | `apply_defaults` | a dict that is not given is made from its suboptions' defaults |
/// | `json`, `bytes`, `bits` | a `String` holding JSON; a `u64` that may be given as `1.5G` or `10Mb` |
/// | `flatten` | the field is another struct of options, whose options are taken in |
///
/// | `#[options(...)]` on the struct | what it says |
/// |---|---|
/// | `mutually_exclusive(a, b)` | at most one of them |
/// | `required_one_of(a, b)` | at least one of them |
/// | `required_together(a, b)` | all of them or none |
/// | `required_by(a, b, c)` | with `a` also `b` and `c` |
/// | `required_if(a = true, all(b, c))`, `required_if(a = true, any(b, c))` | if `a` is that, all (at least one) of the others |
#[proc_macro_derive(Options, attributes(option, options))]
pub fn options(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input), options::expand, options::unreachable)
}

/// Makes an enum without data the choices of an option, or a word in the results. The doc comment of a variant describes the choice.
///
/// A choice is the variant's name in `snake_case`; `#[choice(case = "UPPER")]` on the enum makes it `UPPER_CASE`, and
/// `#[choice(name = "n/a")]` on a variant names that one. The words are also at hand as `as_str()`.
#[proc_macro_derive(Choices, attributes(choice))]
pub fn choices(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input), choices::expand, choices::unreachable)
}

/// Makes a struct the results of a module, or a dict within them.
///
/// Each field is a key of the result, its doc comment the documentation. A field that is `None` or null is left out.
///
/// | `#[result(...)]` on a field | what it says |
/// |---|---|
/// | `returned = "always"` | when the key is there; `success` if not said |
/// | `sample = "EV-1"`, `sample = { "id": 1 }` | an example, as JSON |
/// | `name = "type"` | the key, where it can't be the field's name |
/// | `flatten` | the field is another struct of results, whose keys are taken in |
#[proc_macro_derive(Results, attributes(result))]
pub fn results(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(input), results::expand, results::unreachable)
}

fn derive(
    input: &DeriveInput,
    expand: fn(&DeriveInput) -> Result<TokenStream>,
    unreachable: fn(&Ident) -> TokenStream,
) -> proc_macro::TokenStream {
    if !input.generics.params.is_empty() {
        let error =
            Error::new_spanned(&input.generics, "this can't be generic: Ansible knows no type parameters");
        return error.to_compile_error().into();
    }
    let impls = expand(input).unwrap_or_else(|error| {
        let (error, impls) = (error.to_compile_error(), unreachable(&input.ident));
        quote! { #error #impls }
    });
    quote! { const _: () = { use ::ansible_module as ansible; #impls }; }.into()
}
