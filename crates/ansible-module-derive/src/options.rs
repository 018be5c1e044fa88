//! `#[derive(Options)]`: from a struct to its argument spec, and from checked parameters to the struct.
use crate::{
    attributes::{
        as_rust, doc_of, each_field, list, name, one_of, option_name, texts, value, version, version_in,
        within, words,
    },
    rules::{self, Rules},
};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    DeriveInput, Error, Expr, Field, Ident, LitBool, LitStr, Path, Result, Token, Type,
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
    aliases: Vec<LitStr>,
    doc: String,
    flatten: bool,
    no_log: bool,
    /// Where the word stands that makes a value out of none; with an `Option` that is a contradiction.
    never_none: Option<Path>,
    /// Assignments to the members of `option`, an `Opt`.
    sets: Vec<TokenStream>,
}

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let me = &input.ident;
    let members = each_field(input, Member::read)?;
    let (flattened, options): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.flatten);
    refuse_twice(&options)?;
    let Rules { named, pushes } = rules::read(input, &options)?;

    let about = doc_of(&input.attrs, &name(me))?;
    let names: Vec<_> = options.iter().map(|option| &option.name).collect();
    let aliases: Vec<_> = options.iter().flat_map(|option| &option.aliases).collect();
    let shared: Vec<_> = flattened.iter().map(|member| member.ty).collect();
    let checks = named.iter().map(|word| check_named(me, word)).chain(check_shared(me, &options, &shared));
    let specs = members.iter().map(Member::spec);
    let takes = members.iter().map(Member::take);
    Ok(quote! {
        #(#checks)*
        #[automatically_derived]
        impl ansible::Options for #me {
            const DOC: &'static str = #about;
            const NAMES: ansible::options::Names = ansible::options::Names {
                own: &[#(#names),*],
                aliases: &[#(#aliases),*],
                shared: &[#(&<#shared as ansible::Options>::NAMES),*],
            };
            fn spec() -> ansible::ArgumentSpec {
                let mut spec = ansible::ArgumentSpec::default();
                #(#specs)*
                #(#pushes)*
                spec
            }
            fn take(
                params: &mut ansible::__json::Map<::std::string::String, ansible::__json::Value>,
            ) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ::core::result::Result::Ok(Self { #(#takes),* })
            }
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl ansible::OptionType for #me {
            type Default = ansible::__json::Value;
            fn opt() -> ansible::Opt { ansible::options::opt_of::<Self>() }
            fn from_value(value: ansible::__json::Value) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ansible::options::take_dict(value)
            }
        }
    })
}

impl<'a> Member<'a> {
    fn read(field: &'a Field, ident: &'a Ident) -> Result<Self> {
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

    fn spec(&self) -> TokenStream {
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

    fn take(&self) -> TokenStream {
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

/// No name stands twice in this struct.
fn refuse_twice(options: &[&Member]) -> Result<()> {
    let mut seen = vec![];
    for name in options.iter().flat_map(|option| std::iter::once(&option.name).chain(&option.aliases)) {
        if seen.contains(&name.value()) {
            return Err(Error::new(name.span(), format!("the name `{}` is taken", name.value())));
        }
        seen.push(name.value());
    }
    Ok(())
}

/// Rules name options, flattened ones too; only the compiler knows those.
fn check_named(me: &Ident, word: &Ident) -> TokenStream {
    let (name, message) = (name(word), format!("`{word}` is no option of {me}"));
    quote_spanned!(word.span()=> const _: () = ::core::assert!(<#me as ansible::Options>::NAMES.has(#name), #message);)
}

/// No name of a flattened struct is taken: not by this struct, not by one flattened before.
fn check_shared<'a>(
    me: &'a Ident,
    options: &'a [&'a Member],
    shared: &'a [&'a Type],
) -> impl Iterator<Item = TokenStream> + 'a {
    shared.iter().enumerate().map(move |(i, ty)| {
        let before = &shared[..i];
        let own = options.iter().map(|option| &option.name);
        let aliases = options.iter().flat_map(|option| &option.aliases);
        let message = format!("a name in this struct is taken by another option of {me}");
        quote_spanned! {ty.span()=> const _: () = ::core::assert!(
            !<#ty as ansible::Options>::NAMES.overlap(&ansible::options::Names {
                own: &[#(#own),*],
                aliases: &[#(#aliases),*],
                shared: &[#(&<#before as ansible::Options>::NAMES),*],
            }),
            #message
        );}
    })
}

pub(crate) fn unreachable(me: &Ident) -> TokenStream {
    quote! {
        impl ansible::Options for #me {
            fn spec() -> ansible::ArgumentSpec { ::core::unreachable!() }
            fn take(
                _: &mut ansible::__json::Map<::std::string::String, ansible::__json::Value>,
            ) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ::core::unreachable!()
            }
        }
        #[diagnostic::do_not_recommend]
        impl ansible::OptionType for #me {
            type Default = ansible::__json::Value;
            fn opt() -> ansible::Opt { ::core::unreachable!() }
            fn from_value(_: ansible::__json::Value) -> ::core::result::Result<Self, ansible::options::Mismatch> {
                ::core::unreachable!()
            }
        }
    }
}
