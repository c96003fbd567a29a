<#-- The same sheet as the activation mail: no remote image, colours inline, dark mode where clients know it. -->
<#macro emailLayout>
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
    a { color: #0f5a67; }
    @media (prefers-color-scheme: dark) {
      .ground { background: #0f171a !important; }
      .sheet { background: #182226 !important; border-color: #33434a !important; color: #e8eef0 !important; }
      a { color: #8fd3df !important; }
    }
  </style>
</head>
<body class="ground" style="margin:0;padding:16px;background:#f2f5f5;">
  <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center">
    <table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;background:#ffffff;border:1px solid #d3dcde;border-radius:8px;color:#17242a;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;">
      <tr><td style="padding:24px;overflow-wrap:anywhere;"><#nested></td></tr>
    </table>
  </td></tr></table>
</body>
</html>
</#macro>
