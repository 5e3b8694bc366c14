//! Links over a frame: the cells know nothing of them, so they are told beside the frame, and told
//! again only where one changed or its cells were painted anew.

use anyhow::{Context as _, Result};
use ratatui::backend::Backend as _;
use ratatui::buffer::{Buffer, Cell};
use ratatui::{Frame, Terminal};

use crate::base::text::width;
use crate::ui::link::Link;
use crate::ui::terminal::paint::Paint;

/// Cells of one row that lead to the same place, or nowhere any more.
struct Stretch {
    url: Option<String>,
    cells: Vec<(u16, u16, Cell)>,
    /// It led there in the last frame.
    kept: bool,
}

impl Stretch {
    fn new(link: &Link, drawn: &Buffer, kept: Option<bool>) -> Self {
        let (mut cells, mut x) = (Vec::new(), link.x);
        let end = link.x.saturating_add(width(&link.text) as u16);
        while x < end {
            let Some(cell) = drawn.cell((x, link.y)) else { break };
            cells.push((x, link.y, cell.clone()));
            x = x.saturating_add(width(cell.symbol()).max(1) as u16);
        }
        Self { url: kept.map(|_| link.url.clone()), cells, kept: kept.unwrap_or_default() }
    }

    /// Is it as it should be without another word?
    fn stands(&self, painted: &[(u16, u16)]) -> bool {
        let is_painted = |(x, y, _): &(u16, u16, Cell)| painted.binary_search(&(*y, *x)).is_ok();
        match &self.url {
            Some(_) => self.kept && !self.cells.iter().any(is_painted),
            None => self.cells.iter().all(is_painted),
        }
    }
}

/// Paints a frame, and its links over it.
pub(super) fn paint(
    terminal: &mut Terminal<Paint>,
    draw: impl FnOnce(&mut Frame<'_>),
    links: impl FnOnce(&Buffer) -> Vec<Link>,
) -> Result<()> {
    let old = std::mem::take(&mut terminal.backend_mut().links);
    terminal.backend_mut().painted.clear();
    let drawn = terminal.draw(draw).context("drawing the screen")?.buffer;
    let new = links(drawn);
    let gone = old.iter().filter(|link| !new.contains(link));
    let gone = gone.map(|link| Stretch::new(link, drawn, None));
    let here = new.iter().map(|link| Stretch::new(link, drawn, Some(old.contains(link))));
    // What is gone first: another link may stand there now.
    let all: Vec<Stretch> = gone.chain(here).collect();
    let paint = terminal.backend_mut();
    let painted = std::mem::take(&mut paint.painted);
    for stretch in all.iter().filter(|stretch| !stretch.stands(&painted)) {
        if let Some(url) = &stretch.url {
            // What is wrapped is one link.
            let id = crate::base::digest::sha256(url.as_bytes());
            paint.bytes.extend_from_slice(format!("\x1b]8;id={};{url}\x1b\\", &id[..8]).as_bytes());
        }
        paint.draw(stretch.cells.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        if stretch.url.is_some() {
            paint.bytes.extend_from_slice(b"\x1b]8;;\x1b\\");
        }
    }
    paint.links = new;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Size;
    use ratatui::style::Style;

    use super::*;

    const URL: &str = "https://x.org/";

    fn terminal() -> Terminal<Paint> {
        let size = Size { width: 20, height: 2 };
        Terminal::new(Paint { size, ..Paint::default() }).unwrap()
    }

    /// The bytes of a frame with this text, whose bytes from `at` on are a link.
    fn frame(terminal: &mut Terminal<Paint>, text: &str, at: Option<usize>) -> String {
        let draw = |frame: &mut Frame<'_>| {
            frame.buffer_mut().set_string(0, 0, text, Style::new());
        };
        let link =
            |at: usize| Link { x: at as u16, y: 0, text: text[at..].into(), url: URL.into() };
        paint(terminal, draw, |_| at.map(link).into_iter().collect()).unwrap();
        String::from_utf8(terminal.backend_mut().take_frame()).unwrap()
    }

    /// The links that a terminal has after these bytes: from each opening to its end.
    fn told(frame: &str) -> Vec<&str> {
        frame
            .match_indices(URL)
            .map(|(at, _)| frame[at..].split("\x1b]8;;").next().unwrap())
            .collect()
    }

    #[test]
    fn a_link_is_told_once_and_again_where_it_is_painted() {
        let mut terminal = terminal();
        let first = frame(&mut terminal, "see here", Some(4));
        let told_first = told(&first);
        assert!(told_first.len() == 1 && told_first[0].contains("here"), "{first:?}");
        assert!(first.trim_end_matches("\x1b[?2026l").ends_with("\x1b]8;;\x1b\\"), "{first:?}");
        assert_eq!(frame(&mut terminal, "see here", Some(4)), "", "nothing changed");
        let beside = frame(&mut terminal, "SEE here", Some(4));
        assert_eq!(told(&beside), Vec::<&str>::new(), "it still stands: {beside:?}");
        let inside = frame(&mut terminal, "SEE hare", Some(4));
        assert!(told(&inside)[0].contains("hare"), "all of it: {inside:?}");
    }

    #[test]
    fn what_leads_nowhere_any_more_is_painted_without() {
        let mut terminal = terminal();
        let _ = frame(&mut terminal, "see here", Some(4));
        let gone = frame(&mut terminal, "see here", None);
        assert!(gone.contains("here") && !gone.contains("\x1b]8"), "{gone:?}");
        let _ = frame(&mut terminal, "see here", Some(4));
        let over = frame(&mut terminal, "see HERE", None);
        assert_eq!(over.matches("HERE").count(), 1, "painted anew anyway: {over:?}");
    }

    #[test]
    fn a_cleared_screen_gets_its_links_again() {
        let mut terminal = terminal();
        let _ = frame(&mut terminal, "see here", Some(4));
        terminal.backend_mut().size = Size { width: 12, height: 2 };
        let again = frame(&mut terminal, "see here", Some(4));
        assert_eq!(told(&again).len(), 1, "{again:?}");
    }
}
