//! `#[derive(Options)]`, `#[derive(Choices)]`, `#[derive(Results)]`.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Fields, Ident, Lit, LitStr, Meta, Result, Token,
    meta::ParseNestedMeta, parenthesized, parse_macro_input, punctuated::Punctuated,
};

#[proc_macro_derive(Options, attributes(option, options))]
pub fn options(i: proc_macro::TokenStream) -> proc_macro::TokenStream {
    emit(parse_macro_input!(i as DeriveInput), derive_options)
}
#[proc_macro_derive(Choices, attributes(choice))]
pub fn choices(i: proc_macro::TokenStream) -> proc_macro::TokenStream {
    emit(parse_macro_input!(i as DeriveInput), derive_choices)
}
#[proc_macro_derive(Results, attributes(result))]
pub fn results(i: proc_macro::TokenStream) -> proc_macro::TokenStream {
    emit(parse_macro_input!(i as DeriveInput), derive_results)
}

fn emit(i: DeriveInput, f: fn(&DeriveInput) -> Result<TokenStream>) -> proc_macro::TokenStream {
    f(&i).unwrap_or_else(|e| {
        // the impls still exist, so that one mistake makes one error
        let (me, e) = (&i.ident, e.to_compile_error());
        quote! { #e
            impl ::ansible_module::Options for #me { fn spec() -> ::ansible_module::ArgumentSpec { unreachable!() } fn take(_: &mut ::ansible_module::__json::Map<String, ::ansible_module::__json::Value>) -> ::core::result::Result<Self, String> { unreachable!() } }
            impl ::ansible_module::OptionType for #me { type Default = ::ansible_module::__json::Value; fn opt() -> ::ansible_module::Opt { unreachable!() } fn from_value(_: ::ansible_module::__json::Value) -> ::core::result::Result<Self, String> { unreachable!() } }
        }
    }).into()
}

fn doc(attrs: &[Attribute]) -> String {
    attrs
        .iter()
        .filter(|a| a.path().is_ident("doc"))
        .filter_map(|a| match &a.meta {
            Meta::NameValue(n) => match &n.value {
                Expr::Lit(l) => match &l.lit {
                    Lit::Str(s) => Some(s.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
        .map(|l| l.strip_prefix(' ').unwrap_or(&l).to_string())
        .collect::<Vec<_>>()
        .join("\n")
}
fn each(attrs: &[Attribute], name: &str, mut f: impl FnMut(ParseNestedMeta) -> Result<()>) -> Result<()> {
    attrs.iter().filter(|a| a.path().is_ident(name)).try_for_each(|a| a.parse_nested_meta(&mut f))
}
fn fields(i: &DeriveInput) -> Result<Vec<&syn::Field>> {
    match &i.data {
        Data::Struct(s) => match &s.fields {
            Fields::Named(n) => Ok(n.named.iter().collect()),
            _ => Err(Error::new_spanned(&i.ident, "needs a struct with named fields")),
        },
        _ => Err(Error::new_spanned(&i.ident, "needs a struct with named fields")),
    }
}
fn list<T: syn::parse::Parse>(m: &ParseNestedMeta) -> Result<Vec<T>> {
    let c;
    parenthesized!(c in m.input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&c)?.into_iter().collect())
}
/// `x = "a"` or `x("a", "b")`
fn texts(m: &ParseNestedMeta) -> Result<Vec<String>> {
    if m.input.peek(Token![=]) {
        Ok(vec![m.value()?.parse::<LitStr>()?.value()])
    } else {
        Ok(list::<LitStr>(m)?.iter().map(LitStr::value).collect())
    }
}
fn raw(i: &Ident) -> String {
    let s = i.to_string();
    s.strip_prefix("r#").unwrap_or(&s).into()
}

fn derive_options(i: &DeriveInput) -> Result<TokenStream> {
    let (me, about) = (&i.ident, doc(&i.attrs));
    let fields = fields(i)?;
    let (mut spec, mut take, mut own, mut flat) = (vec![], vec![], vec![], vec![]);
    for f in &fields {
        let (id, ty) = (f.ident.as_ref().unwrap(), &f.ty);
        let (mut name, mut set, mut flatten) = (raw(id), vec![], false);
        let mut has_default = None;
        each(&f.attrs, "option", |m| {
            let key = m.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match key.as_str() {
                "flatten" => flatten = true,
                "no_log" => { let v = if m.input.peek(Token![=]) { m.value()?.parse::<syn::LitBool>()?.value } else { true }; set.push(quote!(o.no_log = Some(#v);)) }
                "required" => set.push(quote!(o.required = true;)),
                "apply_defaults" => set.push(quote!(o.apply_defaults = true; o.required = false;)),
                "name" => name = m.value()?.parse::<LitStr>()?.value(),
                "default" => { has_default = Some(m.path.clone()); let v = m.value()?; let e = if v.peek(syn::token::Bracket) { let c; syn::bracketed!(c in v); let items: TokenStream = c.parse()?; quote!(vec![#items]) } else { let e: Expr = v.parse()?; quote!(#e) }; set.push(quote!(o.default = Some(<#ty as ::ansible_module::OptionType>::default_value(#e)); o.required = false;)) }
                "env" => { let v = texts(&m)?; set.push(quote!(o.env = vec![#(#v.to_string()),*];)) }
                "aliases" => { let v = texts(&m)?; set.push(quote!(o.aliases = vec![#(#v.to_string()),*];)) }
                "choices" => { let v = list::<Expr>(&m)?; set.push(quote!(o.choices = vec![#(::ansible_module::Choice { value: ::ansible_module::__json::json!(#v), doc: String::new() }),*];)) }
                "version_added" => { let v = m.value()?.parse::<LitStr>()?; set.push(quote!(o.version_added = Some(#v.to_string());)) }
                "json" => set.push(quote!(o.ty = ::ansible_module::Type::Json;)),
                _ => return Err(m.error(format!("unknown `{key}`; one of: flatten, no_log, required, default, env, aliases, choices, name, version_added, apply_defaults, json"))),
            }
            Ok(())
        })?;
        if flatten {
            flat.push(quote!(&<#ty as ::ansible_module::Options>::NAMES));
            spec.push(quote!(s.flatten(<#ty as ::ansible_module::Options>::spec());));
            take.push(quote!(#id: <#ty as ::ansible_module::Options>::take(p)?));
            continue;
        }
        own.push(name.clone());
        let d = doc(&f.attrs);
        if d.trim().is_empty() {
            return Err(Error::new_spanned(
                id,
                format!("option `{name}` needs a doc comment: it becomes its documentation"),
            ));
        }
        if let (Some(p), true) = (has_default, is_option(ty)) {
            return Err(Error::new_spanned(
                p,
                "an `Option` with a default is never None: drop one of the two",
            ));
        }
        spec.push(quote!({
            let mut o = <#ty as ::ansible_module::OptionType>::opt();
            o.name = #name.to_string(); o.doc = #d.to_string();
            #(#set)*
            s.options.push(o);
        }));
        take.push(quote!(#id: ::ansible_module::options::take_one(p, #name)?));
    }
    let checks = std::cell::RefCell::new(vec![]);
    let check = |ids: Vec<Ident>| -> Result<Vec<String>> {
        Ok(ids.into_iter().map(|i| {
            let (n, msg) = (raw(&i), format!("a rule of {me} names `{i}`, which is no option of it"));
            checks.borrow_mut().push(quote::quote_spanned!(i.span()=> const _: () = assert!(<#me as ::ansible_module::Options>::NAMES.has(#n), #msg);));
            n
        }).collect())
    };
    let mut rules = vec![];
    each(&i.attrs, "options", |m| {
        let key = m.path.get_ident().cloned().ok_or_else(|| m.error("unknown rule"))?;
        match key.to_string().as_str() {
            "mutually_exclusive" | "required_together" | "required_one_of" => { let g = check(list(&m)?)?; rules.push(quote!(s.#key.push(vec![#(#g.to_string()),*]);)) }
            "required_by" => { let mut g = check(list(&m)?)?; let k = g.remove(0); rules.push(quote!(s.required_by.push((#k.to_string(), vec![#(#g.to_string()),*]));)) }
            "required_if" => { // required_if(state = "present", all(a, b)) or any(a, b)
                let c; parenthesized!(c in m.input);
                let k = check(vec![c.parse()?])?.remove(0);
                c.parse::<Token![=]>()?; let v: Expr = c.parse()?; c.parse::<Token![,]>()?;
                let how: Ident = c.parse()?;
                let any = match how.to_string().as_str() { "all" => false, "any" => true, _ => return Err(Error::new(how.span(), "`all(...)` or `any(...)`")) };
                let g; parenthesized!(g in c);
                let g = check(Punctuated::<Ident, Token![,]>::parse_terminated(&g)?.into_iter().collect())?;
                rules.push(quote!(s.required_if.push(::ansible_module::RequiredIf { key: #k.to_string(), is: ::ansible_module::__json::json!(#v), then: vec![#(#g.to_string()),*], any: #any });))
            }
            k => return Err(m.error(format!("unknown rule `{k}`; one of: mutually_exclusive, required_together, required_one_of, required_if, required_by"))),
        }
        Ok(())
    })?;
    let checks = checks.into_inner();
    Ok(quote! {
        #(#checks)*
        impl ::ansible_module::Options for #me {
            const DOC: &'static str = #about;
            const NAMES: ::ansible_module::options::Names = ::ansible_module::options::Names { own: &[#(#own),*], flat: &[#(#flat),*] };
            fn spec() -> ::ansible_module::ArgumentSpec { let mut s = ::ansible_module::ArgumentSpec::default(); #(#spec)* #(#rules)* s }
            fn take(p: &mut ::ansible_module::__json::Map<String, ::ansible_module::__json::Value>) -> ::core::result::Result<Self, String> { Ok(Self { #(#take),* }) }
        }
        impl ::ansible_module::OptionType for #me {
            type Default = ::ansible_module::__json::Value;
            fn opt() -> ::ansible_module::Opt { ::ansible_module::Opt { ty: ::ansible_module::Type::Dict, required: true, options: Some(<Self as ::ansible_module::Options>::spec()), ..Default::default() } }
            fn from_value(v: ::ansible_module::__json::Value) -> ::core::result::Result<Self, String> {
                match v { ::ansible_module::__json::Value::Object(mut m) => <Self as ::ansible_module::Options>::take(&mut m), _ => Err("must be a dict".into()) }
            }
        }
    })
}
fn is_option(t: &syn::Type) -> bool {
    matches!(t, syn::Type::Path(p) if p.path.segments.last().is_some_and(|s| s.ident == "Option"))
}

fn derive_choices(i: &DeriveInput) -> Result<TokenStream> {
    let me = &i.ident;
    let Data::Enum(e) = &i.data else { return Err(Error::new_spanned(me, "needs an enum of unit variants")) };
    let (mut ids, mut names, mut docs, mut case) = (vec![], vec![], vec![], String::from("snake_case"));
    each(&i.attrs, "choice", |m| {
        if m.path.is_ident("case") {
            case = m.value()?.parse::<LitStr>()?.value();
            Ok(())
        } else {
            Err(m.error("unknown; only `case = \"UPPER\"`"))
        }
    })?;
    for v in &e.variants {
        if !matches!(v.fields, Fields::Unit) {
            return Err(Error::new_spanned(v, "a choice can't carry data"));
        }
        let plain = raw(&v.ident);
        let snake: String = plain
            .chars()
            .enumerate()
            .flat_map(|(n, c)| {
                let up = c.is_uppercase() && n > 0;
                up.then_some('_').into_iter().chain(c.to_lowercase())
            })
            .collect();
        let mut name = match case.as_str() {
            "UPPER" => snake.to_uppercase(),
            "lower" | "snake_case" => snake,
            "as_is" => plain,
            c => {
                return Err(Error::new_spanned(me, format!("case `{c}` is none of UPPER, snake_case, as_is")));
            }
        };
        each(&v.attrs, "choice", |m| {
            if !m.path.is_ident("name") {
                return Err(m.error("unknown; only `name = \"...\"`"));
            }
            name = m.value()?.parse::<LitStr>()?.value();
            Ok(())
        })?;
        ids.push(&v.ident);
        names.push(name);
        docs.push(doc(&v.attrs));
    }
    Ok(quote! {
        impl #me { pub fn as_str(&self) -> &'static str { match self { #(Self::#ids => #names),* } } }
        impl From<#me> for ::ansible_module::__json::Value { fn from(c: #me) -> Self { c.as_str().into() } }
        impl ::ansible_module::OptionType for #me {
            type Default = Self;
            fn opt() -> ::ansible_module::Opt { ::ansible_module::Opt { required: true, choices: vec![#(::ansible_module::Choice { value: #names.into(), doc: #docs.to_string() }),*], ..Default::default() } }
            fn from_value(v: ::ansible_module::__json::Value) -> ::core::result::Result<Self, String> { match v.as_str() { #(Some(#names) => Ok(Self::#ids),)* _ => Err(format!("must be one of: {}, got: {v}", [#(#names),*].join(", "))) } }
        }
    })
}

fn derive_results(i: &DeriveInput) -> Result<TokenStream> {
    let me = &i.ident;
    let (mut rets, mut puts) = (vec![], vec![]);
    for f in fields(i)? {
        let (id, ty, d) = (f.ident.as_ref().unwrap(), &f.ty, doc(&f.attrs));
        let (name, mut returned, mut sample) = (raw(id), String::from("success"), quote!(None));
        if d.trim().is_empty() {
            return Err(Error::new_spanned(
                id,
                format!("result `{name}` needs a doc comment: it becomes its documentation"),
            ));
        }
        each(&f.attrs, "result", |m| {
            if m.path.is_ident("returned") {
                returned = m.value()?.parse::<LitStr>()?.value()
            } else if m.path.is_ident("sample") {
                let s: TokenStream = {
                    let c;
                    if m.input.peek(Token![=]) {
                        let e: Expr = m.value()?.parse()?;
                        quote!(#e)
                    } else {
                        parenthesized!(c in m.input);
                        c.parse()?
                    }
                };
                sample = quote!(Some(::ansible_module::__json::json!(#s)))
            } else {
                return Err(m.error("unknown; one of: returned, sample"));
            }
            Ok(())
        })?;
        rets.push(quote!({ let mut r = <#ty as ::ansible_module::ResultType>::ret(); r.name = #name.to_string(); r.doc = #d.to_string(); r.returned = #returned.to_string(); r.sample = #sample; r }));
        puts.push(quote!({ let v = ::ansible_module::ResultType::to_value(&self.#id); if !v.is_null() { m.insert(#name.to_string(), v); } }));
    }
    Ok(quote! {
        impl ::ansible_module::Results for #me {
            fn returns() -> Vec<::ansible_module::Return> { vec![#(#rets),*] }
            fn to_map(&self) -> ::ansible_module::__json::Map<String, ::ansible_module::__json::Value> { let mut m = ::ansible_module::__json::Map::new(); #(#puts)* m }
        }
        impl ::ansible_module::ResultType for #me {
            fn ret() -> ::ansible_module::Return { ::ansible_module::Return { ty: "dict", contains: <Self as ::ansible_module::Results>::returns(), ..Default::default() } }
            fn to_value(&self) -> ::ansible_module::__json::Value { ::ansible_module::Results::to_map(self).into() }
        }
    })
}
