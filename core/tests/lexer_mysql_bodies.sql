create or replace procedure p1() begin if 1 then select 1; elseif 2 then select 2; else select 3; end if; end

create or replace procedure p2(begin int, end int) begin select begin, end; end

create or replace procedure p3() l1: begin declare exit handler for sqlexception begin rollback; end; declare continue handler for not found set @x = if(1,2,3); select if(1,2,3); end l1

create or replace function f1() returns int return if(1,2,3)

create or replace function f2() returns varchar(20) character set utf8mb4 deterministic begin return case when 1 then if(1,'a','b') else 'c' end; end

create or replace function f3() returns set('a','b') return 'a'

create or replace procedure p4() repeat set @a = @a + 1; until @a > 5 end repeat

create or replace procedure p5() while @a < 10 do set @a = @a + 1; end while

create or replace procedure p6() for i in 1..3 do select i; end for

create or replace procedure p7() begin l: loop leave l; end loop l; end

create or replace procedure p8() case 1 when 1 then select 1; else select 2; end case

create or replace procedure p9() begin declare c cursor for select 1; for r in c do select r.`1`; end for; end

create or replace procedure p10() begin select 1 as `end`; select t.end from (select 1 as end) t; end

create or replace procedure p11() begin if exists (select 1) then drop table if exists zz; end if; create table if not exists zz(a int); end

create or replace procedure p12() begin start transaction; commit; end

create table if not exists tt(a int, event int)

create or replace trigger tr1 before insert on tt for each row set new.a = if(1,2,3)

create or replace trigger tr2 before insert on tt for each row follows tr1 begin set new.a = 1; if new.a then set new.a = 2; end if; end

create or replace definer=root@localhost trigger tr3 after update on tt for each row insert into tt values (1,2)

create or replace event e1 on schedule every 1 hour starts current_timestamp + interval 1 day ends current_timestamp + interval 2 day on completion preserve comment 'x;' do begin select 1; select 2; end

create or replace event e2 on schedule at now() + interval case when 1 then 1 end day do select 1

alter event e2 do begin select 1; select 2; end

begin not atomic select 1; select 2; end

if 1 then select 1; end if

create or replace procedure if1() begin declare x int; set x = case when 1 then 2 else 3 end; select x; end

create procedure if not exists p13() if 1 then select 1; end if

create or replace procedure p14() begin repeat set @a = case when 1 then 2 end; until case when 1 then 1 end end repeat; end

create or replace procedure p15() comment 'x' language sql not deterministic contains sql sql security invoker select 1

create or replace procedure p16() begin declare end int; set end = 1; select end; end

/*!50003 create*/ /*!50017 definer=`root`@`localhost`*/ /*!50003 trigger tr9 before delete on tt for each row begin set @a = 1; set @b = 2; end */

/*!50003 create */ procedure p17() begin select 1; select 2; end

create or replace aggregate function af(x int) returns int begin declare continue handler for not found return 1; loop fetch group next row; end loop; end

create or replace procedure p18() begin declare c cursor for select 1; declare continue handler for not found, sqlexception begin end; open c; close c; end

create or replace procedure p19() begin if (select 1) then select 1; end if; end

create or replace procedure p20() begin values (1); execute immediate 'select 1'; with x as (select 1) select * from x; end

create or replace procedure p21() begin declare exit handler for 1051, sqlstate '42S02' if 1 then select 1; end if; end

create or replace procedure `begin`() select 1

create or replace procedure lexer.begin() select 1

create or replace view v as select 1 as `case`

create or replace procedure p22() begin `l`: loop leave `l`; end loop; end

create or replace procedure p23() begin label: begin select 1; end; end

create or replace procedure p24() begin declare a int default if(1,2,3); insert into tt values (if(1,2,3), repeat('1',1)); end

create or replace procedure p25() values (1)

create or replace procedure p26() begin select a end from tt; select (case when 1 then 2 end) end; end

create or replace procedure p27() while 1 do if 1 then begin end; end if; end while

create or replace procedure p28() begin get diagnostics condition 1 @a = returned_sqlstate; signal sqlstate '45000' set message_text = 'x'; end

create or replace function f4(x int) returns int no sql begin for i in reverse 1..3 do return i; end for; return 1; end

create or replace procedure p29() begin for i in (select 1 as a union select 2) do select i.a; end for; end

create or replace procedure p30() xa start 'x'

create or replace procedure p31() begin do sleep(0); while 1 do do sleep(0); end while; end

create or replace procedure p33() begin declare continue handler for not found begin end; select replace('a','b','c'), truncate(1,1), insert('a',1,1,'b'); end

create or replace procedure p34(a int) if a then select if(a,1,2); end if

create or replace procedure p35() set @a = if(1,2,3), @b = case when 1 then 2 end

create or replace procedure p36() begin select 'a' 'b', x'41', b'1', _utf8'x', n'y', 0x41, 1e5, .5, @a.b, @@session.sql_mode; end
