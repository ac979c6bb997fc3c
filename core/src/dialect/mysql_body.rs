//! Where the body of a MySQL or MariaDB routine, trigger, event or block ends.

use super::{Token, TokenKind};

/// Follows one statement token by token, and knows whether a `;` would end it.
///
/// `BEGIN`, `IF` and `END` may be names and functions too; they open and close a block where a
/// statement may begin, and there only. `CASE` is reserved: it always opens.
#[derive(Default)]
pub(super) struct Body {
    phase: Phase,
    frames: Vec<Frame>,
    parentheses: usize,
    /// A statement may begin here.
    begins: bool,
    /// The words before the body, or before a handler's statement, are being read.
    awaits: bool,
    previous: Previous,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    First,
    /// `BEGIN`, perhaps with `NOT ATOMIC`.
    Begin,
    /// `CREATE` or `ALTER`, up to the kind of what it makes.
    Create,
    /// `PROCEDURE` or `FUNCTION`, up to its parameters.
    Routine,
    /// `TRIGGER`, up to `EACH ROW`.
    Trigger,
    /// `EVENT`, up to `DO`.
    Event,
    Body,
    /// A statement that ends with the first `;`.
    Plain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Block,
    Package,
    If,
    Case,
    CaseExpression,
    Loop,
    /// `WHILE` or `FOR`, up to its `DO`.
    Head,
    Repeat,
    /// `REPEAT` behind its `UNTIL`.
    RepeatUntil,
}

/// What the last token was, as far as the next one's meaning hangs on it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Previous {
    #[default]
    Other,
    /// An operand has ended: what follows cannot be one.
    Operand,
    /// `END`: the word that follows names what has ended.
    End,
    /// The first word of a statement, which may be a label.
    Label,
    /// `.`, behind which every word is a name.
    Dot,
    /// `CHARACTER` and `RETURNS`, behind which `SET` belongs to a type.
    Type,
    Each,
    Equals,
    /// `DECLARE`, and the words up to `HANDLER`.
    Declare,
    Handler,
}

const OPENERS: [&str; 7] = ["begin", "if", "case", "loop", "while", "repeat", "for"];

/// First words of the statements that a body may consist of, without the blocks.
const VERBS: [&str; 46] = [
    "alter",
    "analyze",
    "binlog",
    "cache",
    "call",
    "change",
    "check",
    "checksum",
    "close",
    "commit",
    "create",
    "deallocate",
    "delete",
    "do",
    "drop",
    "execute",
    "fetch",
    "flush",
    "get",
    "grant",
    "insert",
    "install",
    "kill",
    "load",
    "lock",
    "open",
    "optimize",
    "prepare",
    "purge",
    "rename",
    "repair",
    "replace",
    "reset",
    "resignal",
    "return",
    "revoke",
    "rollback",
    "savepoint",
    "select",
    "set",
    "show",
    "signal",
    "start",
    "truncate",
    "update",
    "with",
];

impl Body {
    /// Tells whether a `;` ends the statement.
    pub(super) fn is_closed(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn push(&mut self, token: &Token<'_>) {
        if token.is_sign("(") {
            self.parentheses += 1;
        } else if token.is_sign(")") {
            self.parentheses = self.parentheses.saturating_sub(1);
        }
        let previous = self.previous;
        self.previous = Previous::after(token);
        match self.phase {
            Phase::First => self.first(token),
            Phase::Begin => self.begin(token),
            Phase::Create => self.create(token, previous),
            Phase::Routine if token.is_sign("(") => self.await_body(),
            Phase::Trigger if previous == Previous::Each && token.is_word("row") => {
                self.await_body();
            }
            Phase::Event if token.is_word("do") && self.parentheses == 0 => self.await_body(),
            Phase::Body => self.body(token, previous),
            Phase::Routine | Phase::Trigger | Phase::Event | Phase::Plain => {}
        }
    }

    fn first(&mut self, token: &Token<'_>) {
        self.phase = Phase::Plain;
        if token.is_any(&["create", "alter"]) {
            self.phase = Phase::Create;
        } else if token.is_word("begin") {
            self.phase = Phase::Begin;
        } else if token.is_any(&OPENERS) {
            // MariaDB runs these outside of routines, too.
            self.phase = Phase::Body;
            self.open(token, true);
        }
    }

    /// `BEGIN NOT ATOMIC` is a block, any other `BEGIN` a transaction.
    fn begin(&mut self, token: &Token<'_>) {
        if token.is_word("atomic") {
            self.phase = Phase::Body;
            self.frames.push(Frame::Block);
            self.begins = true;
        } else if !token.is_word("not") {
            self.phase = Phase::Plain;
        }
    }

    fn create(&mut self, token: &Token<'_>, previous: Previous) {
        const BETWEEN: [&str; 7] =
            ["or", "replace", "definer", "aggregate", "current_user", "current_role", "if"];
        let is_between = token.kind != TokenKind::Word || token.is_any(&BETWEEN);
        if self.parentheses > 0 || is_between || previous == Previous::Equals {
            return;
        }
        self.phase = if token.is_any(&["procedure", "function"]) {
            Phase::Routine
        } else if token.is_word("trigger") {
            Phase::Trigger
        } else if token.is_word("event") {
            Phase::Event
        } else if token.is_word("package") {
            self.frames.push(Frame::Package);
            Phase::Body
        } else {
            Phase::Plain
        };
    }

    fn await_body(&mut self) {
        self.phase = Phase::Body;
        self.awaits = true;
    }

    fn body(&mut self, token: &Token<'_>, previous: Previous) {
        let begins = std::mem::replace(&mut self.begins, false);
        match token.kind {
            TokenKind::Semicolon => {
                self.begins = true;
                self.awaits = false;
            }
            TokenKind::Operator if previous == Previous::Label && token.text == ":" => {
                self.begins = true;
            }
            TokenKind::Identifier if begins => self.previous = Previous::Label,
            TokenKind::Word if !matches!(previous, Previous::Dot | Previous::End) => {
                self.word(token, previous, begins);
            }
            _ => {}
        }
    }

    fn word(&mut self, token: &Token<'_>, previous: Previous, begins: bool) {
        let top = self.frames.last().copied();
        let may_open = begins || self.awaits && self.parentheses == 0;
        if token.is_word("end") {
            self.end(begins, !matches!(previous, Previous::Other | Previous::Equals));
        } else if previous == Previous::Handler {
            // `FOR`, behind which the conditions stand, and then a statement.
            self.awaits = true;
        } else if may_open && token.is_any(&OPENERS) || token.is_word("case") {
            self.open(token, may_open);
        } else if token.is_any(&["then", "else"]) {
            self.begins = matches!(top, Some(Frame::If | Frame::Case));
        } else if token.is_word("do") && top == Some(Frame::Head) && !begins {
            self.replace(Frame::Loop);
            self.begins = true;
        } else if token.is_word("until") && top == Some(Frame::Repeat) && begins {
            self.replace(Frame::RepeatUntil);
        } else if top == Some(Frame::Package) && token.is_any(&["procedure", "function"]) {
            self.awaits = true;
        } else if previous == Previous::Declare || self.previous == Previous::Declare {
            self.declare(token, begins);
        } else if may_open && token.is_any(&VERBS) && previous != Previous::Type {
            self.awaits = false;
        } else if begins {
            self.previous = Previous::Label;
        }
    }

    /// `DECLARE … HANDLER FOR <conditions> <statement>`
    fn declare(&mut self, token: &Token<'_>, begins: bool) {
        let declares = begins && token.is_word("declare");
        if token.is_word("handler") {
            self.previous = Previous::Handler;
        } else if declares || token.is_any(&["continue", "exit", "undo"]) {
            self.previous = Previous::Declare;
        }
    }

    fn open(&mut self, token: &Token<'_>, is_statement: bool) {
        self.awaits &= !is_statement;
        let frame = match token.text.to_ascii_lowercase().as_str() {
            "begin" => Frame::Block,
            "if" => Frame::If,
            "case" if is_statement => Frame::Case,
            "case" => Frame::CaseExpression,
            "loop" => Frame::Loop,
            "repeat" => Frame::Repeat,
            _ => Frame::Head,
        };
        self.frames.push(frame);
        self.begins = matches!(frame, Frame::Block | Frame::Loop | Frame::Repeat);
    }

    fn end(&mut self, begins: bool, follows_operand: bool) {
        let closes = match self.frames.last() {
            Some(Frame::CaseExpression | Frame::RepeatUntil) => follows_operand,
            _ => begins,
        };
        if closes && self.frames.pop() != Some(Frame::CaseExpression) {
            self.previous = Previous::End;
        }
    }

    fn replace(&mut self, frame: Frame) {
        self.frames.pop();
        self.frames.push(frame);
    }
}

impl Previous {
    /// What `token` is, wherever it stands; [`Body`] knows more where a statement begins.
    fn after(token: &Token<'_>) -> Self {
        // Behind these an operand follows, so an `END` there is a name.
        const AWAITING: [&str; 17] = [
            "and", "between", "binary", "case", "collate", "distinct", "div", "else", "in", "like",
            "mod", "not", "or", "regexp", "then", "when", "xor",
        ];
        match token.kind {
            TokenKind::Operator if token.text == "." => Self::Dot,
            TokenKind::Operator if token.text == "=" => Self::Equals,
            TokenKind::Operator if token.text == ")" => Self::Operand,
            TokenKind::Operator | TokenKind::Semicolon => Self::Other,
            TokenKind::Word if token.is_any(&["char", "character", "returns"]) => Self::Type,
            TokenKind::Word if token.is_word("each") => Self::Each,
            TokenKind::Word if token.is_word("declare") => Self::Declare,
            TokenKind::Word if token.is_any(&AWAITING) => Self::Other,
            _ => Self::Operand,
        }
    }
}
