<#-- The sheet of the activation mail: no remote image, colours inline, dark mode where clients know it. Keycloak's mails
     know neither the realm nor its attributes: the university's colours come as localisation texts. -->
<#function colour key otherwise>
  <#local found = msg(key)>
  <#return found?matches('#[0-9a-f]{6}')?then(found, otherwise)>
</#function>

<#macro emailLayout>
<#local action = colour('kcbMailAction', '#0f5a67')>
<#local line = colour('kcbMailActionLine', '#0f5a67')>
<#local onAction = colour('kcbMailOnAction', '#ffffff')>
<#local link = colour('kcbMailLink', '#0f5a67')>
<#local content><#nested></#local>
<!doctype html>
<html lang="${locale.language}" dir="${(ltr)?then('ltr','rtl')}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <meta name="supported-color-schemes" content="light dark">
  <title>${realmName!''}</title>
  <style>
    :root { color-scheme: light dark; supported-color-schemes: light dark; }
    a { color: ${link}; }
    @media (prefers-color-scheme: dark) {
      .ground { background: #0f171a !important; }
      .sheet { background: #182226 !important; border-right-color: #33434a !important; border-bottom-color: #33434a !important; border-left-color: #33434a !important; color: #e8eef0 !important; }
      .soft { color: #b2c0c5 !important; }
      a { color: ${colour('kcbMailDarkLink', '#8fd3df')}; }
    }
  </style>
</head>
<body class="ground" style="margin:0;padding:16px;background:#f2f5f5;">
  <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center">
    <table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;background:#ffffff;border:1px solid #d3dcde;border-top:4px solid ${action};border-radius:8px;color:#17242a;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;">
      <tr><td style="padding:24px 24px 0;font-weight:bold;">${realmName!''}</td></tr>
      <#-- A link that is a paragraph of its own is what the mail is about. -->
      <tr><td style="padding:8px 24px 24px;overflow-wrap:anywhere;">${content?markup_string?replace('<p><a ', '<p><a style="display:inline-block;padding:12px 24px;border:1px solid ${line};border-radius:6px;background:${action};color:${onAction};font-weight:bold;text-decoration:none;" ')?no_esc}</td></tr>
      <tr><td class="soft" style="padding:0 24px 24px;color:#4c5b61;font-size:14px;"><p>${msg('kcbNeverAsked')}</p></td></tr>
    </table>
  </td></tr></table>
</body>
</html>
</#macro>
