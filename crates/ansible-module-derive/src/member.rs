//! One field of a struct of options, and what its attributes say.
use crate::attributes::{
    as_rust, doc_of, list, name, one_of, option_name, texts, value, version, version_in, within, words,
};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Error, Expr, Field, Ident, LitBool, LitStr, Path, Result, Token, Type,
    meta::ParseNestedMeta,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

const WORDS: &str = "aliases, apply_defaults, bits, bytes, choices, default, deprecated_aliases, env, flatten, json, name, no_log, \
                     removed_in, version_added";

/// One field: an option, or with `flatten` another struct of options.
pub(crate) struct Member<'a> {
    ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) name: LitStr,
    pub(crate) aliases: Vec<LitStr>,
    doc: String,
    pub(crate) flatten: bool,
    no_log: bool,
    /// Where the word stands that makes a value out of none; with an `Option` that is a contradiction.
    never_none: Option<Path>,
    /// Assignments to the members of `option`, an `Opt`.
    sets: Vec<TokenStream>,
}

impl<'a> Member<'a> {
    pub(crate) fn read(field: &'a Field, ident: &'a Ident) -> Result<Self> {
        let mut member = Member {
            ident,
            ty: &field.ty,
            name: name(ident),
            aliases: vec![],
            doc: String::new(),
            flatten: false,
            no_log: false,
            never_none: None,
            sets: vec![],
        };
        words(&field.attrs, "option", WORDS, |word, meta| member.word(word, meta))?;
        if !member.flatten {
            member.doc = doc_of(&field.attrs, &member.name)?;
        }
        match &member.never_none {
            Some(word) if within("Option", &field.ty).is_some() => {
                Err(Error::new_spanned(word, "with this an `Option` is never `None`: drop one of the two"))
            }
            _ => Ok(member),
        }
    }

    fn word(&mut self, word: &str, meta: &ParseNestedMeta) -> Option<Result<()>> {
        Some(match word {
            "flatten" => {
                self.flatten = true;
                Ok(())
            }
            "name" => option_name(meta).map(|name| self.name = name),
            "default" => value(meta).map(|value| {
                let default = typed(self.ty, value);
                self.never_none = Some(meta.path.clone());
                self.sets.push(quote!(option.default = ::core::option::Option::Some(#default);));
                self.sets.push(quote!(option.required = false;));
            }),
            "apply_defaults" => {
                self.never_none = Some(meta.path.clone());
                self.sets.push(quote!(option.apply_defaults = true; option.required = false;));
                Ok(())
            }
            "no_log" => flag(meta).map(|no_log| {
                self.no_log = no_log;
                self.sets.push(quote!(option.no_log = ::core::option::Option::Some(#no_log);));
            }),
            "choices" => list::<Expr>(meta).map(|values| {
                let values =
                    values.into_iter().map(|value| typed(one_of(self.ty), value.into_token_stream()));
                let choice = quote!(|value| ansible::Choice { value, doc: ::std::string::String::new() });
                self.sets.push(quote!(option.choices = [#(#values),*].into_iter().map(#choice).collect();));
            }),
            "env" => texts(meta).map(|names| {
                self.sets.push(quote!(option.env = ::std::vec![#(#names.into()),*];));
            }),
            "aliases" => texts(meta).map(|names| {
                self.sets.push(quote!(option.aliases.extend([#(#names.into()),*]);));
                self.aliases.extend(names);
            }),
            "deprecated_aliases" => list::<DeprecatedAlias>(meta).map(|aliases| {
                for DeprecatedAlias { name, removed_in } in aliases {
                    self.sets.push(quote! {
                        option.aliases.push(#name.into());
                        option.deprecated_aliases.push(ansible::DeprecatedAlias {
                            name: #name.into(),
                            removal: ansible::Removal::in_version(#removed_in),
                        });
                    });
                    self.aliases.push(name);
                }
            }),
            "removed_in" => version(meta).map(|version| {
                let removal = quote!(ansible::Removal::in_version(#version));
                self.sets.push(quote!(option.removed = ::core::option::Option::Some(#removal);));
            }),
            "version_added" => version(meta).map(|version| {
                self.sets.push(quote!(option.version_added = ::core::option::Option::Some(#version.into());));
            }),
            "json" => self.kind("Json", &["String"], meta),
            "bytes" => self.kind("Bytes", &["u64", "Number"], meta),
            "bits" => self.kind("Bits", &["u64", "Number"], meta),
            _ => return None,
        })
    }

    /// A type of Ansible's that none of Rust's stands for by itself.
    fn kind(&mut self, kind: &str, rust: &[&str], meta: &ParseNestedMeta) -> Result<()> {
        let one = within("Option", self.ty).unwrap_or(self.ty);
        if !rust.contains(&one.to_token_stream().to_string().as_str()) {
            let rust = rust.join("` or `");
            return Err(meta.error(format!("this needs a `{rust}`, or that in an `Option`")));
        }
        let kind = format_ident!("{kind}");
        self.sets.push(quote!(option.ty = ansible::Type::#kind;));
        Ok(())
    }

    pub(crate) fn spec(&self) -> TokenStream {
        let Member { ty, name, doc, sets, .. } = self;
        if self.flatten {
            return quote!(spec.flatten(<#ty as ansible::Options>::spec()););
        }
        quote! {{
            let mut option = <#ty as ansible::OptionType>::opt();
            option.name = #name.into();
            option.doc = #doc.into();
            #(#sets)*
            spec.options.push(option);
        }}
    }

    pub(crate) fn take(&self) -> TokenStream {
        let Member { ident, ty, name, .. } = self;
        if self.flatten {
            return quote!(#ident: <#ty as ansible::Options>::take(params)?);
        }
        let take = if self.no_log { quote!(take_secret) } else { quote!(take_one) };
        // The type is named but once where the compiler judges it, so that a wrong one makes one error.
        quote!(#ident: ansible::options::#take(params, #name, <#ty as ansible::OptionType>::from_value)?)
    }
}

/// `value` as JSON, which compiles only if `ty` takes it.
pub(crate) fn typed(ty: &Type, value: TokenStream) -> TokenStream {
    let span = value.span();
    let value = as_rust(value);
    quote_spanned!(span=> <#ty as ansible::OptionType>::default_value(#value))
}

/// `"name" = "2.0.0"`
struct DeprecatedAlias {
    name: LitStr,
    removed_in: LitStr,
}

impl Parse for DeprecatedAlias {
    fn parse(input: ParseStream) -> Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(DeprecatedAlias { name, removed_in: version_in(input.parse()?)? })
    }
}

/// `word` or `word = BOOL`
fn flag(meta: &ParseNestedMeta) -> Result<bool> {
    if meta.input.peek(Token![=]) { Ok(meta.value()?.parse::<LitBool>()?.value) } else { Ok(true) }
}
