// Pieces of HTML that need nothing else: no script, no other file.

/// Pages and what they are made of.
public enum HTML {
  /// Text, as it may stand in an element or an attribute.
  public static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// A page. With `refresh` a browser asks again after so many seconds.
  public static func page(_ title: String, _ body: String, refresh: Int? = nil) -> String {
    let again = refresh.map { "<meta http-equiv=\"refresh\" content=\"\($0)\">" } ?? ""
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\(again)"
      + "<title>\(escape(title))</title><style>\(style)</style></head><body>\n\(body)</body></html>\n"
  }

  /// A part with a heading.
  public static func section(_ title: String, _ body: String) -> String {
    "<section><h2>\(escape(title))</h2>\(body)</section>\n"
  }

  /// A table; the head is text, the cells are HTML. Columns from `first` on are numbers.
  public static func table(
    _ head: [String], _ rows: [[String]], numbersFrom first: Int = 1
  ) -> String {
    func cells(_ row: [String], _ tag: String) -> String {
      "<tr>"
        + row.enumerated().map {
          "<\(tag)\($0.offset >= first ? " class=\"n\"" : "")>\($0.element)</\(tag)>"
        }.joined() + "</tr>"
    }
    return "<div class=\"scroll\"><table>" + cells(head.map(escape), "th")
      + rows.map { cells($0, "td") }.joined() + "</table></div>"
  }

  private static let style = """
    :root{--ink:#1c2430;--soft:#667;--line:#dde;--page:#fff;--free:#eef0f4}
    @media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa3b2;--line:#333c4b;--page:#12161d;--free:#1e2530}}
    @media print{:root{--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--free:#eee}section{break-inside:avoid}}
    body{font:15px/1.45 system-ui,sans-serif;max-width:880px;margin:30px auto;padding:0 16px;color:var(--ink);background:var(--page)}
    a{color:inherit}pre{font-size:12px;background:var(--free);padding:10px;overflow-x:auto}
    table{border-collapse:collapse;width:100%}td,th{padding:3px 10px;border-bottom:1px solid var(--line);text-align:left;font-size:13px;vertical-align:top}
    .n{text-align:right;white-space:nowrap}.s{color:var(--soft);font-size:13px;overflow-wrap:anywhere}h2{font-size:17px;margin:28px 0 8px}
    .big{display:flex;gap:34px;flex-wrap:wrap}.big b{display:block;font-size:26px}
    .k{margin-right:16px;font-size:13px;white-space:nowrap}.k svg{vertical-align:-1px;margin-right:5px}
    svg text{fill:var(--ink);font:13px system-ui,sans-serif}svg .in{fill:#fff;font-size:11px}code{font-size:12px}
    svg{max-width:100%;height:auto}svg .w{stroke:var(--ink);stroke-width:1.5}.scroll{overflow-x:auto}
    *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    """
}
